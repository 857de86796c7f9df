"""Bodies that are too large, too slow, or too many."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Message

from raylign.service.bodies import Bodies


def request(*chunks: bytes, then: Callable[[], Awaitable[None]] | None = None) -> Request:
    """A request whose body comes in these chunks; ``then`` is waited for before its end."""
    left = list(chunks)

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        if then is not None:
            await then()
        return {"type": "http.request", "body": b"", "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def status_of(bodies: Bodies, asked: Request, limit: int = 100) -> int:
    try:
        async with bodies.read(asked, limit):
            return 200
    except HTTPException as refused:
        return refused.status_code


async def test_a_body_is_read_up_to_its_limit() -> None:
    bodies = Bodies()
    async with bodies.read(request(b"ab", b"cd"), 4) as body:
        assert body == b"abcd"
    assert await status_of(bodies, request(b"ab", b"cde"), 4) == 413


async def test_a_body_that_never_ends_is_given_up() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    assert await status_of(Bodies(deadline_s=0.05), request(b"a", then=forever)) == 408


async def test_all_bodies_together_are_bounded_and_what_is_done_with_is_free_again() -> None:
    bodies = Bodies(max_held=10)
    async with bodies.read(request(b"123456"), 100):
        assert await status_of(bodies, request(b"123456")) == 503
        assert await status_of(bodies, request(b"1234")) == 200
    assert await status_of(bodies, request(b"1234567890")) == 200


async def test_the_deadline_is_for_the_body_not_for_the_work_on_it() -> None:
    async def work() -> None:
        async with Bodies(deadline_s=0.01).read(request(b"a"), 100):
            await asyncio.sleep(0.02)
            raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own"):
        await work()
