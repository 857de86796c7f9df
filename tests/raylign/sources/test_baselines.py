"""Baselines: made in chunks, spread over workers, kept as they come, the same however often the run dies among them."""

import asyncio
import hashlib
from dataclasses import replace
from itertools import count

import pytest
from fakes import FakeFleet, FakeRollouts, make_prompt
from loop_job import PROMPTS, make_job

from raylign.errors import WorkerLost
from raylign.methods import VCB
from raylign.record.samples import SampleFile
from raylign.rewards.rules import RulesReward
from raylign.sources.baselines import DATA_CHUNK, baselines, pool_keys
from raylign.sources.collect import Collector
from raylign.sources.draw import draw
from raylign.types import Rating
from raylign.verdicts import NOT_ASKED


class TogetherRollouts(FakeRollouts):
    """What it samples depends on all that it is asked at once, as an engine's last bits do."""

    async def generate(self, requests):
        together = hashlib.sha256(repr([request.seed for request in requests]).encode()).digest()
        async for handful in super().generate(requests):
            yield [replace(one, token_ids=(*one.token_ids, together[0], together[1])) for one in handful]


class SlowJudges:
    """Rewards after others have had their turn; knows how many calls there were, how large, how many at a time."""

    def __init__(self):
        self.sizes = []
        self.running = self.most = 0

    async def reward(self, part, groups):
        self.sizes.append(len(groups))
        self.running += 1
        self.most = max(self.most, self.running)
        for _ in range(5):
            await asyncio.sleep(0)
        self.running -= 1
        return [[0.25] * len(completions) for _, completions in groups]

    async def judge(self, pairs):
        return [() for _ in pairs]


async def make(job, prompts, fleet, path, *, encode=lambda prompt: (7, 42)):
    """All baselines as a dict, and the details of the status events."""
    said = []
    collector = Collector(fleet, {task.name: task for task in job.tasks})
    with SampleFile(path) as kept:
        await baselines(job, prompts, collector, encode, kept, said.append)
        assert {(one.kind, one.phase) for one in said} <= {("status", "baselines")}
        return dict(kept), [one.detail for one in said]


def golden_job(**settings):
    """One task whose golden responses come from the data."""
    job = make_job(**settings)
    return job.model_copy(update={"tasks": (job.tasks[0].model_copy(update={"baseline": "data"}),)})


async def test_one_is_made_per_drawn_prompt_and_judged_only_for_crraft(tmp_path):
    job = make_job(steps=1)
    made, _ = await make(job, PROMPTS, FakeFleet().workers, tmp_path / "b")
    drawn = {p.id for task in job.tasks[:2] for p in draw(task, PROMPTS[task.name], seed=0, step=0)}
    assert set(made) == drawn
    assert all(
        sample.completion.index is sample.completion.version is None and sample.reward is not None
        for sample in made.values()
    )
    said = {key: [verdict.reason for verdict in sample.verdicts] for key, sample in made.items()}
    assert said == {key: [""] if key.startswith("chat") else [NOT_ASKED] for key in made}
    assert all((sample.satisfied is None) == key.startswith("math") for key, sample in made.items())


async def test_those_from_data_are_tokenised_and_rewarded(tmp_path):
    prompts = {"math": [replace(prompt, baseline="gold") for prompt in PROMPTS["math"]]}
    made, _ = await make(golden_job(steps=1), prompts, FakeFleet().workers, tmp_path / "b")
    assert {sample.completion.text for sample in made.values()} == {"gold"}
    assert {sample.reward for sample in made.values()} == {0.42}


async def test_rewards_of_golden_responses_are_many_small_calls_and_keep_all_workers_busy(tmp_path):
    prompts = {"math": [replace(make_prompt("math", number), baseline="gold") for number in range(999)]}
    fleet = FakeFleet().workers
    judges = SlowJudges()
    job = golden_job(steps=333, judging={"reward_workers": 4})
    made, said = await make(job, prompts, replace(fleet, judges=judges), tmp_path / "b")
    assert len(made) == 999
    assert max(judges.sizes) == DATA_CHUNK
    assert sum(judges.sizes) == 999
    assert judges.most == 5
    assert (said[0], said[-1]) == ("0 of 999", "999 of 999")


async def test_the_reference_samples_no_more_at_once_than_a_step_does(tmp_path):
    fleet = FakeFleet()
    job = make_job(steps=40)
    tasks = tuple(task.model_copy(update={"prompts_per_step": 1, "samples_per_prompt": 2}) for task in job.tasks)
    made, _ = await make(job.model_copy(update={"tasks": tasks}), PROMPTS, fleet.workers, tmp_path / "b")
    assert set(made) == {prompt.id for task in ("math", "chat") for prompt in PROMPTS[task]}
    assert [len(requests) for requests in fleet.rollouts.asked] == [6, 4, 6, 4]


def pooled_job(**settings):
    """One task whose method takes a pool, beside one that takes baselines."""
    job = make_job(**settings)
    return job.model_copy(update={"tasks": (job.tasks[0], job.tasks[1].model_copy(update={"method": VCB(pool=3)}))})


async def test_a_pool_is_the_references_own_samples_kept_beside_the_baselines(tmp_path):
    job, fleet = pooled_job(steps=2), FakeFleet()
    made, said = await make(job, PROMPTS, fleet.workers, tmp_path / "b")
    drawn = [{p.id for step in (0, 1) for p in draw(task, PROMPTS[task.name], seed=0, step=step)} for task in job.tasks]
    assert set(made) == drawn[0] | {key for prompt_id in drawn[1] for key in pool_keys(prompt_id, 3)}
    assert said[-1] == f"{len(made)} of {len(made)}"
    pools = {key: one.completion for key, one in made.items() if "#" in key}
    assert all(
        (one.version, one.logprobs) == (None, ()) and key.endswith(f"#{one.index}") for key, one in pools.items()
    )
    assert len({one.token_ids for one in pools.values()}) > 1
    assert max(map(len, fleet.rollouts.asked)) <= 3 * 4 + 2 * 3
    again = FakeFleet()
    await make(job, PROMPTS, again.workers, tmp_path / "b")
    assert again.calls == []


async def test_none_is_asked_for_twice_and_none_that_is_kept(tmp_path):
    await make(make_job(), PROMPTS, FakeFleet().workers, tmp_path / "b")
    again = FakeFleet()
    _, said = await make(make_job(), PROMPTS, again.workers, tmp_path / "b")
    assert again.calls == said == []


@pytest.mark.parametrize("torn", [0, 1, 200])
async def test_a_run_killed_among_them_goes_on_and_ends_with_the_same(tmp_path, torn):
    """Killed before any call of a worker, the file's last bytes lost with the machine."""
    job = make_job(steps=40)
    few = {"prompts_per_step": 1, "samples_per_prompt": 2}
    crpg, crraft, _ = (task.model_copy(update=few) for task in job.tasks)
    golden = crpg.model_copy(update={"name": "talk", "baseline": "data"})
    job = job.model_copy(update={"tasks": (crpg, crraft, golden)})
    prompts = {**PROMPTS, "talk": [replace(prompt, baseline="gold") for prompt in PROMPTS["talk"]]}

    def fleet(last):
        made = FakeFleet()
        moments = count()
        rollouts = TogetherRollouts(made.calls)

        def mortal(method):
            async def call(*asked):
                if next(moments) == last:
                    raise WorkerLost(f"died at moment {last}")
                return await method(*asked)

            return call

        made.judges.reward, made.judges.judge = mortal(made.judges.reward), mortal(made.judges.judge)
        return replace(made.workers, rollouts=rollouts)

    whole, _ = await make(job, prompts, fleet(None), tmp_path / "whole")
    assert len(whole) == 30
    for last in count():
        path = tmp_path / str(last)
        try:
            await make(job, prompts, fleet(last), path)
        except WorkerLost:
            path.write_bytes(path.read_bytes()[: -torn or None])
        else:
            break
        resumed, _ = await make(job, prompts, fleet(None), path)
        assert resumed == whole, last
    assert last > 8


@pytest.mark.parametrize("source", ["reference", "data"])
async def test_one_is_judged_where_the_reward_goes_by_what_judges_say(tmp_path, source):
    job = make_job(steps=1)
    settings = {"baseline": source, "reward": RulesReward(weight=2.0)}
    job = job.model_copy(update={"tasks": (job.tasks[0].model_copy(update=settings),)})
    prompts = {"math": [replace(prompt, baseline="gold") for prompt in PROMPTS["math"]]}
    fleet = FakeFleet(verdict=lambda completion: True)
    made, _ = await make(job, prompts, fleet.workers, tmp_path / "b")
    assert {(sample.reward, sample.ratings) for sample in made.values()} == {
        (2.0, (Rating(reward="rules", value=1.0),))
    }
