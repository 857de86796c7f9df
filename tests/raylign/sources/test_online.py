"""The online source: a step ahead where it may be, and nothing left behind when it ends."""

import asyncio

import pytest
from fakes import FakeFleet, FakeRollouts
from loop_job import PROMPTS, make_job
from method_cases import group

from raylign.clock import Clock
from raylign.errors import WorkerLost
from raylign.methods import VCB
from raylign.sources.baselines import pool_keys
from raylign.sources.collect import Collector
from raylign.sources.online import Online


class HangingRollouts(FakeRollouts):
    """Answers the first ``whole`` generations, hangs in the next, and says how that ended."""

    def __init__(self, whole: int) -> None:
        super().__init__([])
        self.whole = whole
        self.hanging = asyncio.Event()

    async def generate(self, requests):
        if len(self.asked) < self.whole:
            async for handful in super().generate(requests):
                yield handful
            return
        try:
            self.hanging.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.calls.append("cancelled")
            raise
        yield []


def make_source(rollouts=None, *, baselines=None, **settings):
    fleet, job = FakeFleet(), make_job(**settings)
    fleet.rollouts = rollouts or fleet.rollouts
    collector = Collector(fleet.workers, {task.name: task for task in job.tasks})
    return Online(job, PROMPTS, collector, baselines=baselines or {}), fleet.rollouts


def asked_prompts(rollouts):
    return [[request.prompt.id for request in requests] for requests in rollouts.asked]


async def test_a_step_holds_the_groups_of_all_tasks_in_their_order_with_baselines():
    marks = {prompt.id: f"a_bar of {prompt.id}" for prompts in PROMPTS.values() for prompt in prompts}
    source, _ = make_source(baselines=marks)
    groups = await source.groups(0, Clock())
    assert [group.prompt.task for group in groups] == ["math"] * 3 + ["chat"] * 2 + ["talk"] * 4
    assert [len(group.samples) for group in groups] == [4] * 3 + [3] * 2 + [2] * 4
    assert all(group.baseline == marks[group.prompt.id] for group in groups)


async def test_a_group_has_the_rewards_of_its_prompts_pool_where_the_method_takes_one():
    job = make_job()
    task = job.tasks[1].model_copy(update={"method": VCB(pool=3)})
    mute = group((1.0, True), (None, True), (3.0, True)).samples
    kept = {key: one for p in PROMPTS["chat"] for key, one in zip(pool_keys(p.id, 3), mute, strict=True)}
    collector = Collector(FakeFleet().workers, {"chat": task})
    source = Online(job.model_copy(update={"tasks": (task,)}), PROMPTS, collector, baselines=kept)
    assert [one.pool for one in await source.groups(0, Clock())] == [(1.0, 3.0)] * 2


async def test_steps_are_a_function_of_the_job_and_their_number_alone():
    whole, _ = make_source()
    await whole.groups(0, Clock())
    later, _ = make_source()
    assert await later.groups(1, Clock()) == await whole.groups(1, Clock())


async def test_on_policy_nothing_is_begun_before_it_is_asked_for():
    source, rollouts = make_source()
    await source.groups(0, Clock())
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(rollouts.asked) == 1


async def test_with_staleness_the_next_step_is_begun_and_none_beyond_the_last():
    source, rollouts = make_source(steps=3, rollout={"max_staleness": 1})
    straight, plain = make_source(steps=3)
    for step in range(3):
        await source.groups(step, Clock())
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(rollouts.asked) == min(step + 2, 3)
        await straight.groups(step, Clock())
    assert asked_prompts(rollouts) == asked_prompts(plain)


async def test_the_clock_of_a_step_takes_in_what_was_measured_ahead_of_it():
    source, _ = make_source(rollout={"max_staleness": 1})
    await source.groups(0, Clock())
    for _ in range(50):
        await asyncio.sleep(0)
    clock = Clock()
    await source.groups(1, clock)
    assert list(clock.seconds) == ["draw", "generate", "judge"]
    assert all(seconds > 0 for seconds in clock.seconds.values())


async def test_closing_ends_what_was_begun_for_steps_that_will_not_come():
    source, rollouts = make_source(HangingRollouts(whole=1), rollout={"max_staleness": 1})
    before = asyncio.all_tasks()
    await source.groups(0, Clock())
    await asyncio.wait_for(rollouts.hanging.wait(), 5)
    await source.aclose()
    assert rollouts.calls[-1] == "cancelled"
    assert asyncio.all_tasks() == before
    await source.aclose()


async def test_whoever_stops_waiting_stops_the_generation():
    source, rollouts = make_source(HangingRollouts(whole=0))
    waiting = asyncio.create_task(source.groups(0, Clock()))
    await asyncio.wait_for(rollouts.hanging.wait(), 5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert rollouts.calls == ["cancelled"]


@pytest.mark.parametrize("staleness", [0, 1])
async def test_a_failure_comes_when_its_step_is_asked_for_and_as_it_is(staleness):
    source, rollouts = make_source(rollout={"max_staleness": staleness})
    real = rollouts.generate

    async def dies(requests):
        async for handful in real(requests):
            yield handful
        if len(rollouts.asked) == 2:
            raise WorkerLost("rollout/0 died")

    rollouts.generate = dies
    assert await source.groups(0, Clock())
    with pytest.raises(WorkerLost, match="rollout/0 died"):
        await source.groups(1, Clock())
    await source.aclose()
