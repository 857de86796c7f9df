"""The door of an engine: who has its token is let in, and it knows how long nobody has been there."""

import asyncio
import os
import signal

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from actors import answering
from actors.answering import Door, Visits, answer
from raylign.errors import SpecError


@pytest.fixture
def visits(monkeypatch):
    """Of a process of its own."""
    made = Visits()
    made.token = "s3cret"
    monkeypatch.setattr(answering, "VISITS", made)
    return made


async def test_who_has_the_token_is_let_in_and_counted(visits):
    seen = []

    async def hello(request):
        seen.append((visits.here, visits.idle_s))
        return PlainTextResponse("hello")

    app = Door(Starlette(routes=[Route("/", hello)]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as http:
        said = [
            (await http.get("/", headers=headers)).status_code
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer s3cret"})
        ]
    assert said == [401, 401, 200]
    assert seen == [(1, 0.0)]
    assert visits.here == 0


async def test_it_leaves_once_nobody_has_asked_for_so_long(visits, monkeypatch):
    monkeypatch.setattr(answering, "LOOK_S", 0.005)
    left = []
    monkeypatch.setattr(os, "kill", lambda pid, number: left.append((pid, number)))
    visits.here = 1
    leaving = asyncio.create_task(answering._leave_when_idle(0.02))
    await asyncio.sleep(0.06)
    assert left == []  # somebody is there
    visits.here = 0
    await asyncio.wait_for(leaving, 5)
    assert left == [(os.getpid(), signal.SIGTERM)]


def test_without_a_token_it_answers_nobody(tmp_path):
    (tmp_path / "token").write_text("\n")
    with pytest.raises(SpecError, match="holds no token"):
        answer("/models/a", tmp_path / "token", host=None, idle_s=1)
