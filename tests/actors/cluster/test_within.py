"""An expired wait names job, worker, phase and seconds; Ray's errors come out as ours."""

import asyncio

import pytest
from ray.exceptions import ActorDiedError, RayTaskError

from actors.cluster.within import Wait, within
from raylign.errors import DeadlineExpired, JobNotFound, PublishFailed, WorkerFailed, WorkerLost

WAIT = Wait(job="job_1", worker="rollout/3", phase="generate", seconds=0.05)


async def test_an_expired_wait_says_what_it_waited_for():
    with pytest.raises(DeadlineExpired, match=r"job job_1: rollout/3 did not finish 'generate' within 0.05 s"):
        await within(asyncio.sleep(5), WAIT)


async def test_the_time_left_may_be_shorter_than_the_wait():
    with pytest.raises(DeadlineExpired):
        await within(asyncio.sleep(5), Wait(job="j", worker="w", phase="p", seconds=60), seconds=0.01)


async def test_a_dead_actor_is_a_lost_worker():
    async def dead():
        raise ActorDiedError()

    with pytest.raises(WorkerLost, match=r"job job_1: rollout/3 died during 'generate'"):
        await within(dead(), WAIT)


async def test_a_worker_s_own_error_keeps_its_type_and_words():
    async def failed():
        raise RayTaskError("publish", "traceback", PublishFailed("tensor 'x' did not land"))

    with pytest.raises(PublishFailed, match="^tensor 'x' did not land$"):
        await within(failed(), WAIT)


async def test_a_result_is_a_result():
    assert await within(asyncio.sleep(0, result=7), WAIT) == 7


async def test_messages_of_key_errors_are_sentences():
    assert str(JobNotFound("no job 'x'")) == "no job 'x'"


@pytest.mark.parametrize("cause", [ValueError("bad tokens"), TimeoutError("bad tokens")])
async def test_what_a_worker_did_not_foresee_is_named_once_without_its_traceback(cause):
    async def failed():
        raise RayTaskError("generate", "\x1b[36mray::rollout\x1b[39m\nTraceback", cause).as_instanceof_cause()

    with pytest.raises(WorkerFailed) as raised:
        await within(failed(), WAIT)
    kind = type(cause).__name__
    assert str(raised.value) == (
        f"job job_1: rollout/3 failed during 'generate': {kind}: bad tokens. "
        "Its log in the Ray dashboard has the traceback"
    )


async def test_the_words_of_a_dead_actor_hold_no_escape_codes():
    async def dead():
        raise ActorDiedError(RayTaskError("__init__", "\x1b[36mray::RewardWorker.__init__()\x1b[39m", ValueError("x")))

    with pytest.raises(WorkerLost) as raised:
        await within(dead(), WAIT)
    assert "\x1b" not in str(raised.value)
    assert "ray::RewardWorker.__init__()" in str(raised.value)
