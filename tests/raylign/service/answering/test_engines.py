"""Engines come when they are asked for, and go: one a model, as many as may be."""

import asyncio
import contextlib

import httpx
import pytest
from answering import FakeEngines
from service import FakeRay

from raylign.errors import EnginesBusy, NotAnsweringYet, RayUnreachable, ServiceError
from raylign.service.answering import engines as module

QUESTION = {"model": "model", "messages": [{"role": "user", "content": "2 + 2?"}]}


@pytest.fixture
async def fake(monkeypatch):
    """Engines of a Ray that starts what it is given."""
    monkeypatch.setattr(module, "LOOK_S", 0.005)
    made = FakeEngines(FakeRay())
    starting = asyncio.create_task(made.starting())
    yield made
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting


async def ask(engines, model="/models/a") -> str:
    async with engines.ask(model, QUESTION) as response:
        await response.aread()
        return response.json()["choices"][0]["message"]["content"]


async def test_one_engine_answers_all_of_a_model_s_questions_and_its_token_is_nowhere_to_be_read(fake, tmp_path):
    engines = fake.engines(tmp_path / "chat")
    assert set(await asyncio.gather(*(ask(engines) for _ in range(5)))) == {"Four and no more"}
    [submitted] = fake.ray.submits
    assert "/models/a" in submitted["entrypoint"]
    assert fake.tokens["engine-0"] not in str(submitted)
    assert list((tmp_path / "chat").iterdir()) == []  # nor is its file there any more
    await engines.close()
    assert fake.ray.stops == [submitted["submission_id"]]


@pytest.mark.parametrize("how", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, "another process"])
async def test_one_that_left_is_followed_by_another(fake, tmp_path, how):
    engines = fake.engines(tmp_path)
    await ask(engines)
    fake.gone["engine-0"] = how
    assert await ask(engines) == "Four and no more"
    assert len(fake.ray.submits) == 2
    await engines.close()


async def test_of_two_models_asked_at_once_one_is_answered_and_the_other_told_of_it(fake, tmp_path):
    engines = fake.engines(tmp_path)
    first, second = await asyncio.gather(ask(engines, "/a"), ask(engines, "/b"), return_exceptions=True)
    assert first == "Four and no more"
    assert isinstance(second, EnginesBusy)
    assert await ask(engines, "/b") == "Four and no more"
    await engines.close()


async def test_the_longest_unasked_gives_way_and_one_at_work_does_not(fake, tmp_path):
    engines = fake.engines(tmp_path, engines=2)
    for model in ("/a", "/b", "/a", "/c"):
        await ask(engines, model)
    assert fake.ray.stops == [fake.ray.submits[1]["submission_id"]]  # b's
    fake.hold = asyncio.Event()
    busy = [asyncio.create_task(ask(engines, model)) for model in ("/a", "/c")]
    while len(fake.asked) < 6:
        await asyncio.sleep(0.005)
    with pytest.raises(EnginesBusy, match="all 2 engines are busy"):
        await ask(engines, "/d")
    fake.hold.set()
    await asyncio.gather(*busy)
    assert await ask(engines, "/d") == "Four and no more"
    await engines.close()


async def test_who_asks_waits_so_long_and_finds_it_up_later(fake, tmp_path):
    engines = fake.engines(tmp_path, wait_s=0.05)
    fake.up = False
    with pytest.raises(NotAnsweringYet, match=r"still being loaded after 0.05 s: ask again"):
        await ask(engines)
    fake.up = True
    await asyncio.sleep(0.02)
    assert await ask(engines) == "Four and no more"
    assert len(fake.ray.submits) == 1
    await engines.close()


async def test_why_a_model_cannot_be_served_is_said_and_the_next_question_tries_again(fake, tmp_path):
    engines = fake.engines(tmp_path)
    fake.up = False
    asked = asyncio.create_task(ask(engines))
    while not fake.tokens:
        await asyncio.sleep(0.005)
    job = fake.ray.jobs[fake.ray.submits[0]["submission_id"]]
    job |= {"status": "FAILED", "logs": "Traceback\nerror: '/models/a' has no weights\n"}
    with pytest.raises(ServiceError, match="cannot be served: error: '/models/a' has no weights"):
        await asked
    fake.up = True
    assert await ask(engines) == "Four and no more"
    await engines.close()


async def test_a_ray_that_was_away_once_takes_no_place(fake, tmp_path):
    engines = fake.engines(tmp_path / "chat")
    fake.ray.down = True
    with pytest.raises(RayUnreachable):
        await ask(engines, "/a")
    assert list((tmp_path / "chat").iterdir()) == []
    fake.ray.down = False
    assert await ask(engines, "/b") == "Four and no more"
    await engines.close()


async def test_without_engines_there_is_no_chat(fake, tmp_path):
    with pytest.raises(ServiceError, match="start it with --chat-engines 1"):
        await ask(fake.engines(tmp_path, engines=0))
