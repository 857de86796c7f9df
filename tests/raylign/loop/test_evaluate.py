"""The evaluation: the same questions every time, asked once, measured, and trained on by nobody."""

import pytest
from fakes import FakeFleet
from loop_job import PROMPTS, make_job

from raylign.loop.evaluate import SHOWN_SAMPLES, evaluate
from raylign.sources.collect import Collector
from raylign.sources.draw import requests
from raylign.spec import Job


async def measured(fleet: FakeFleet, job: Job | None = None, prompts=PROMPTS):  # type: ignore[no-untyped-def]
    job = job or make_job(evaluation={"prompts": 8})
    return await evaluate(job, prompts, Collector(fleet.workers, {task.name: task for task in job.tasks}))


async def test_each_task_answers_its_first_prompts_once_and_always_the_same_way() -> None:
    fleet = FakeFleet()
    found = await measured(fleet)
    (asked,) = fleet.rollouts.asked
    assert [request.prompt.id for request in asked] == [
        f"{name}/{number}" for name in ("math", "chat", "talk") for number in range(8)
    ]
    assert {request.index for request in asked} == {0}
    assert await measured(FakeFleet(shuffle=2)) == found
    assert {name: one.prompts for name, one in found.tasks.items()} == {"math": 8, "chat": 8, "talk": 8}


async def test_the_policys_seeds_are_not_those_of_training_and_differ_by_run() -> None:
    seeds = []
    for seed in (0, 1):
        fleet = FakeFleet()
        await measured(fleet, make_job(seed=seed, evaluation={"prompts": 8}))
        seeds.append([request.seed for request in fleet.rollouts.asked[0]])
    assert not set(seeds[0]) & set(seeds[1])
    job = make_job()
    trained = (requests(job, task, PROMPTS[task.name], purpose="step 0", samples=1) for task in job.tasks)
    assert not set(seeds[0]) & {request.seed for made in trained for request in made}


async def test_judges_and_rewards_are_asked_and_annotators_are_not() -> None:
    fleet = FakeFleet()

    async def refuse(pairs):  # type: ignore[no-untyped-def]
        raise AssertionError("an annotator was asked")

    fleet.judges.prefer = refuse  # type: ignore[method-assign]
    found = await measured(fleet)
    assert found.tasks["math"].reward is not None
    assert found.tasks["math"].asked == {"even": 8}
    assert all(group.preference is None for group in found.groups["talk"])


async def test_every_response_is_scored_so_that_kl_is_of_all() -> None:
    fleet = FakeFleet(verdict=lambda completion: None)
    found = await measured(fleet)
    assert len(fleet.reference.scored) == 24
    assert all(one.kl is not None for one in found.tasks.values())


async def test_some_responses_are_shown_with_what_was_said_of_them() -> None:
    fleet = FakeFleet(
        verdict=lambda completion: None if completion.prompt_id == "math/0" else completion.prompt_id == "math/1"
    )
    shown = (await measured(fleet)).tasks["math"].samples
    assert len(shown) == SHOWN_SAMPLES
    assert [one.prompt for one in shown] == [f"question {number}" for number in range(SHOWN_SAMPLES)]
    assert [one.satisfied for one in shown[:3]] == [None, True, False]
    assert [one.verdicts["even"] for one in shown[1:3]] == ["satisfied", "violated"]


async def test_a_task_without_prompts_to_answer_is_left_out() -> None:
    found = await measured(FakeFleet(), prompts={**PROMPTS, "chat": []})
    assert list(found.tasks) == ["math", "talk"]
    assert found.groups["chat"] == []


class Drawn(list):  # type: ignore[type-arg]
    """Prompts, and how often some of them were drawn."""

    times = 0

    def __getitem__(self, place):  # type: ignore[no-untyped-def]
        self.times += 1
        return super().__getitem__(place)


async def test_prompts_are_drawn_once_and_of_further_responses_only_what_is_measured_is_kept() -> None:
    prompts = {name: Drawn(mine) for name, mine in PROMPTS.items()}
    found = await measured(FakeFleet(), make_job(evaluation={"prompts": 8, "samples": 3}), prompts)
    assert {name: mine.times for name, mine in prompts.items()} == dict.fromkeys(PROMPTS, 1)
    for group in found.groups["math"]:
        first, *others = (sample.completion for sample in group.samples)
        assert len(first.logprobs) == len(first.token_ids)
        assert [one.logprobs for one in others] == [(), ()]
    assert found.tasks["math"].kl is not None


async def test_several_responses_are_measured_together_and_the_first_are_those_of_one() -> None:
    alone, several = FakeFleet(), FakeFleet(shuffle=3)
    await measured(alone)
    found = await measured(several, make_job(evaluation={"prompts": 8, "samples": 4, "pass_at": [1, 4]}))
    rounds = several.rollouts.asked
    assert [{request.index for request in asked} for asked in rounds] == [{0}, {1}, {2}, {3}]
    assert rounds[0] == alone.rollouts.asked[0]
    assert len({request.seed for asked in rounds for request in asked}) == 4 * 24
    math = found.tasks["math"]
    assert math.prompts == 8
    assert all(len(group.samples) == 4 for group in found.groups["math"])
    assert math.pass_at["1"] == pytest.approx(math.satisfied)
    assert math.pass_at["4"] == sum(
        any(sample.satisfied for sample in group.samples) for group in found.groups["math"]
    ) / 8  # fmt: skip
    assert len(several.reference.scored) == 24
    assert math.kl is not None


async def test_a_greedy_evaluation_takes_the_likeliest_and_says_nothing_of_kl() -> None:
    fleet = FakeFleet()
    found = await measured(fleet, make_job(evaluation={"prompts": 8, "greedy": True}))
    assert {request.temperature for request in fleet.rollouts.asked[0]} == {0.0}
    assert fleet.reference.scored == []
    assert (found.tasks["math"].kl, found.tasks["math"].pass_at) == (None, {})
    assert found.tasks["math"].satisfied is not None
