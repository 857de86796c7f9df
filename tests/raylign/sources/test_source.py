"""A source defined here alone drives the loop: fixed pairs, which nobody samples and nobody judges."""

import pytest
from fakes import FakeFleet, make_completion, make_prompt
from loop_job import PROMPTS, make_job

from raylign.errors import WorkerLost
from raylign.loop.loop import train
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import StepDone
from raylign.sources.collect import Collector
from raylign.types import Group, Preference, Sample

PER_STEP = 2


class FixedPairs:
    """``PER_STEP`` preference pairs a step, each (better, worse), as a file might hold them."""

    rolls_out = False

    def __init__(self):
        self.open = True

    async def groups(self, step, clock):
        with clock.phase("draw"):
            return [pair(number) for number in range(step * PER_STEP, (step + 1) * PER_STEP)]

    async def aclose(self):
        self.open = False


class Nobody:
    """No worker stands behind this seam: asking for anything fails."""


def pair(number):
    prompt = make_prompt("talk", number)
    texts = [
        make_completion(prompt, index, tokens=2 + index + number % 3, logprob=None, version=None) for index in range(2)
    ]
    samples = tuple(Sample(completion=completion, verdicts=()) for completion in texts)
    return Group(prompt=prompt, samples=samples, preference=Preference(probability=1.0))


def pairs_job(**settings):
    job = make_job(**{"evaluation": {"prompts": 0}, **settings})
    return job.model_copy(update={"tasks": job.tasks[2:]})


async def run(job, fleet, directory, *, start=None, emit=lambda said: None):
    source = FixedPairs()
    collector = Collector(fleet.workers, {task.name: task for task in job.tasks})
    try:
        await train(job, source, collector, PROMPTS, Checkpoints(directory), emit, start or Progress())
    finally:
        assert not source.open


async def test_pairs_are_trained_on_and_no_rollout_worker_or_judge_is_asked(tmp_path):
    fleet, events = FakeFleet(), []
    fleet.rollouts = fleet.judges = fleet.weights = Nobody()
    await run(pairs_job(steps=3), fleet, tmp_path, emit=events.append)
    assert fleet.calls == ["score", "step", "score", "step", "save", "score", "step", "save"]
    steps = [said for said in events if isinstance(said, StepDone)]
    assert [(step.version, step.staleness) for step in steps] == [(1, 0), (2, 0), (3, 0)]
    assert all(step.tasks["talk"].kl is None for step in steps)
    for number, batch in enumerate(fleet.trainer.batches):
        assert [example.staleness for example in batch] == [None] * PER_STEP
        better = sorted(len(example.sequences[0].response_ids) for example in batch)
        assert better == sorted(2 + at % 3 for at in range(number * PER_STEP, (number + 1) * PER_STEP))
        assert all(one.behavior == one.reference for example in batch for one in example.sequences)


async def test_resumed_equals_uninterrupted(tmp_path):
    whole = FakeFleet()
    await run(pairs_job(), whole, tmp_path / "whole")
    broken = FakeFleet()
    real_step = broken.trainer.step

    async def dies(step, microbatches):
        if step == 3:
            raise WorkerLost("policy/0 died")
        return await real_step(step, microbatches)

    broken.trainer.step = dies
    with pytest.raises(WorkerLost):
        await run(pairs_job(), broken, tmp_path / "broken")
    path, progress = Checkpoints(tmp_path / "broken").latest()
    assert progress.next_step == 2
    again = FakeFleet()
    await again.trainer.load(path)
    await run(pairs_job(), again, tmp_path / "broken", start=progress)
    assert again.trainer.state == whole.trainer.state


async def test_where_the_evaluation_rolls_out_it_finds_the_present_weights(tmp_path):
    fleet = FakeFleet()
    await run(pairs_job(steps=2, evaluation={"prompts": 2}, checkpoint={"every": 9}), fleet, tmp_path)
    assert [call for call in fleet.calls if call in ("generate", "step", "publish")] == [
        "generate", "step", "publish", "step", "publish", "generate",
    ]  # fmt: skip
    assert fleet.rollouts.version == 2
