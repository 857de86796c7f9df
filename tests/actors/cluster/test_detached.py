"""Work that nobody has to wait for."""

import asyncio
import threading

import pytest

from actors.cluster.detached import detached


async def test_its_result_and_its_error_come_back():
    assert await detached(lambda number, *, more: number + more, 1, more=2) == 3
    with pytest.raises(ZeroDivisionError):
        await detached(lambda: 1 / 0)


async def test_who_gives_up_on_it_goes_on():
    going_on = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await detached(going_on.wait)
    going_on.set()
