"""Generate and judge: who is asked for which completion, when, and how groups come together whatever arrives first."""

import asyncio
from dataclasses import replace

import pytest
from fakes import FakeFleet, FakeRollouts
from loop_job import PROMPTS, make_job

from raylign.clock import Clock
from raylign.errors import WorkerLost
from raylign.judges.annotator import RewardAnnotator
from raylign.rewards.overlong import PunishOverlong
from raylign.rewards.rules import RulesReward
from raylign.sources.collect import Collector
from raylign.sources.draw import requests
from raylign.types import Rating

JOB = make_job()
MATH, CHAT, TALK = JOB.tasks
REWARD_ANNOTATES = TALK.model_copy(
    update={
        "reward": MATH.reward,
        "method": TALK.method.model_copy(update={"annotator": RewardAnnotator()}),
    }
)


def wanted(task, prompts=3, samples=2):
    return requests(JOB, task, PROMPTS[task.name][:prompts], purpose="x", samples=samples)


def collector_of(fleet, *tasks):
    return Collector(fleet.workers, {task.name: task for task in tasks or JOB.tasks})


def noting(judges):
    """What each seam of the judges was asked for, in prompt ids."""
    asked = {"judge": [], "reward": [], "prefer": []}

    def note(name, method):
        async def call(*args):
            asked[name] += [row[0].id for row in args[-1]]
            return await method(*args)

        return call

    for name in asked:
        setattr(judges, name, note(name, getattr(judges, name)))
    return asked


@pytest.mark.parametrize("shuffle", [0, 3, 4])
async def test_groups_come_in_the_order_of_the_requests(shuffle):
    collector = collector_of(FakeFleet(shuffle=shuffle))
    groups = await collector.collect(wanted(MATH, prompts=10, samples=4), Clock())
    assert [group.prompt.id for group in groups] == [prompt.id for prompt in PROMPTS["math"]]
    assert all([sample.completion.index for sample in group.samples] == [0, 1, 2, 3] for group in groups)
    assert groups == await collector_of(FakeFleet()).collect(wanted(MATH, prompts=10, samples=4), Clock())


async def test_judging_starts_before_generation_ends():
    fleet = FakeFleet()
    await collector_of(fleet).collect(wanted(MATH, prompts=10), Clock())
    assert fleet.calls.index("judge") < fleet.calls.index("generated")


async def test_each_completion_is_judged_once_and_each_prompt_rewarded_when_all_of_its_are_there():
    fleet = FakeFleet(shuffle=1)
    asked = noting(fleet.judges)
    rows = []
    reward = fleet.judges.reward

    async def see(part, groups):
        rows.extend([completion.index for completion in completions] for _, completions in groups)
        return await reward(part, groups)

    fleet.judges.reward = see
    await collector_of(fleet).collect(wanted(MATH, samples=4), Clock())
    assert sorted(asked["judge"]) == sorted(["math/0", "math/1", "math/2"] * 4)
    assert sorted(asked["reward"]) == ["math/0", "math/1", "math/2"]
    assert rows == [[0, 1, 2, 3]] * 3
    assert asked["prefer"] == []


async def test_nobody_is_asked_what_a_task_does_not_have():
    fleet = FakeFleet()
    asked = noting(fleet.judges)
    (group, *_) = await collector_of(fleet).collect(wanted(TALK), Clock())
    assert asked["judge"] == asked["reward"] == []
    assert sorted(asked["prefer"]) == ["talk/0", "talk/1", "talk/2"]
    assert [(sample.reward, sample.verdicts) for sample in group.samples] == [(None, ())] * 2
    assert group.preference is not None


async def test_measuring_asks_no_annotator_and_baselines_no_judge_where_none_is_wanted():
    fleet = FakeFleet()
    asked = noting(fleet.judges)
    (group, *_) = await collector_of(fleet).collect(wanted(TALK), Clock(), annotate=False)
    assert asked["prefer"] == []
    assert group.preference is None
    (group, *_) = await collector_of(fleet).collect(wanted(MATH), Clock(), judge=False)
    assert asked["judge"] == []
    assert asked["reward"]


async def test_identical_responses_are_not_worth_asking_about():
    class Alike(FakeRollouts):
        async def generate(self, asked):
            async for handful in super().generate(asked):
                yield [replace(one, token_ids=(7,)) if one.prompt_id == "talk/1" else one for one in handful]

    fleet = FakeFleet()
    fleet.rollouts = Alike(fleet.calls)
    asked = noting(fleet.judges)
    groups = await collector_of(fleet).collect(wanted(TALK), Clock())
    assert sorted(asked["prefer"]) == ["talk/0", "talk/2"]
    assert [group.preference is None for group in groups] == [False, True, False]


@pytest.mark.parametrize(
    ("rewards", "probability", "reason"),
    [([2.0, 1.0], 1.0, ""), ([1.0, 2.0], 0.0, ""), ([1.0, 1.0], None, "tie"), ([1.0, "nan"], None, "reward abstained")],
)
async def test_a_reward_model_annotates_without_being_asked_twice(rewards, probability, reason):
    fleet = FakeFleet()
    asked = noting(fleet.judges)

    async def reward(part, groups):
        return [list(rewards) for _ in groups]

    fleet.judges.reward = reward
    (group,) = await collector_of(fleet, REWARD_ANNOTATES).collect(wanted(TALK, prompts=1), Clock())
    assert (group.preference.probability, group.preference.reason) == (probability, reason)
    assert asked["prefer"] == []


async def test_a_judge_without_a_word_abstains():
    fleet = FakeFleet()

    async def silent(pairs):
        return [() for _ in pairs]

    fleet.judges.judge = silent
    (group, *_) = await collector_of(fleet).collect(wanted(MATH), Clock())
    assert [verdict.reason for verdict in group.samples[0].verdicts] == ["not asked"]
    assert group.samples[0].satisfied is None


async def test_a_judge_whose_abstentions_are_charged_violates_with_its_reason():
    (judge,) = MATH.judges
    task = MATH.model_copy(update={"judges": (judge.model_copy(update={"abstain": "violated"}),)})
    fleet = FakeFleet(verdict=lambda completion: None)
    (group, *_) = await collector_of(fleet, task).collect(wanted(task), Clock())
    ((verdict,), *_) = [sample.verdicts for sample in group.samples]
    assert (verdict.satisfied, verdict.word) == (False, None)
    assert [sample.satisfied for sample in group.samples] == [False, False]


async def test_a_reward_that_abstains_leaves_its_reason():
    fleet = FakeFleet()

    async def reward(part, groups):
        return [["not finite", 1.0] for _ in groups]

    fleet.judges.reward = reward
    (group, *_) = await collector_of(fleet).collect(wanted(MATH), Clock())
    assert [(sample.reward, sample.reward_problem) for sample in group.samples] == [(None, "not finite"), (1.0, "")]


async def test_baselines_go_to_the_groups_of_their_prompts():
    (group, other, _) = await collector_of(FakeFleet()).collect(
        wanted(MATH), Clock(), baselines={"math/1": "a_bar of math/1"}
    )
    assert (group.baseline, other.baseline) == (None, "a_bar of math/1")


async def test_one_generation_at_a_time():
    fleet = FakeFleet()
    collector = collector_of(fleet)
    await asyncio.gather(*(collector.collect(wanted(MATH, prompts=10), Clock()) for _ in range(3)))
    calls = [call for call in fleet.calls if call.startswith("generate")]
    assert calls == ["generate", "generated"] * 3


def hanging():
    """A call that never comes to an end, and whether it was ended."""
    ended = asyncio.Event()

    async def hangs(rows):
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    return hangs, ended


async def dies(*_):
    raise WorkerLost("died")


async def collect_what_fails(fleet):
    """Nothing of it may go on afterwards."""
    before = asyncio.all_tasks()
    with pytest.raises(WorkerLost, match="died"):
        await asyncio.wait_for(collector_of(fleet).collect(wanted(MATH, prompts=10), Clock()), 5)
    assert asyncio.all_tasks() == before


async def test_a_failing_judge_ends_the_rest_and_comes_as_it_is():
    fleet = FakeFleet()
    fleet.judges.judge = dies
    await collect_what_fails(fleet)


async def test_a_failing_reward_ends_the_judges():
    fleet = FakeFleet()
    fleet.judges.judge, ended = hanging()
    fleet.judges.reward = dies
    await collect_what_fails(fleet)
    assert ended.is_set()


async def test_a_failing_generation_ends_the_judges():
    fleet = FakeFleet()
    fleet.judges.judge, ended = hanging()
    whole = fleet.rollouts.generate

    async def half(asked):
        async for handful in whole(asked):
            yield handful
            await asyncio.sleep(0)
            raise WorkerLost("died")

    fleet.rollouts.generate = half
    await collect_what_fails(fleet)
    assert ended.is_set()


@pytest.mark.parametrize("enforced", [True, False])
async def test_a_reward_of_verdicts_asks_nobody_else_and_counts_where_judges_constrain_nothing(enforced):
    fleet = FakeFleet(verdict=lambda completion: {0: True, 1: False}[completion.index])
    task = MATH.model_copy(update={"reward": RulesReward(), "enforce_judges": enforced})
    asked = noting(fleet.judges)
    (group, *_) = await collector_of(fleet, task).collect(wanted(task), Clock())
    assert [(sample.reward, sample.satisfied) for sample in group.samples] == [(1.0, True), (0.0, False)]
    assert asked["reward"] == []


async def test_who_comes_to_the_limit_loses_of_the_reward_and_it_shows():
    """Responses have 1 to 4 tokens, and the reward falls over the last two of 4."""
    task = MATH.model_copy(update={"overlong": PunishOverlong(cache_tokens=2, penalty=3.0), "max_tokens": 4})
    job = JOB.model_copy(update={"tasks": (task,)})
    asked = requests(job, task, PROMPTS["math"], purpose="step 0", samples=2)
    groups = await collector_of(FakeFleet(), task).collect(asked, Clock())
    samples = [sample for group in groups for sample in group.samples]
    assert {len(sample.completion.token_ids) for sample in samples} == {1, 2, 3, 4}
    for sample in samples:
        rated, lost = sample.ratings
        assert lost == Rating(reward="overlong", value=-1.5 * max(len(sample.completion.token_ids) - 2, 0))
        assert sample.reward == rated.value + lost.value
