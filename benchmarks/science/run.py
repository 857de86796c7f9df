"""One training run in this process: the real loop over `benchmarks.local_fleet`."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, Self

from actors.text.world import read_world
from benchmarks.local_fleet import LocalFleets
from benchmarks.science.arms import ANNOTATOR, EXAMPLES, Arm, job_of, pairs_job
from benchmarks.science.paired import CHOOSERS, write_pairs
from raylign.clock import Clock
from raylign.loop.evaluate import evaluate
from raylign.loop.loop import train
from raylign.loop.packing import pack
from raylign.loop.pause import Pause
from raylign.loop.prepare import prepare
from raylign.loop.stand import Stand
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Payload, StepDone
from raylign.record.events.tasks import TaskMetrics
from raylign.record.rundir import RunDirectory
from raylign.record.samples import SampleFile
from raylign.sources.baselines import baselines
from raylign.sources.collect import Collector
from raylign.sources.draw import draw, requests
from raylign.sources.online import Online
from raylign.sources.source import Means, Source, opened
from raylign.spec import Job
from raylign.types import Group

FLEETS = LocalFleets()
"""This process's engines, kept from run to run."""


async def train_and_measure(job: Job, arm: Arm, directory: Path) -> dict[str, Any]:
    """Train, then measure on held-out prompts: ``{"steps": [...], "final": {task: metrics}, "seconds": ...}``."""
    begun = time.perf_counter()
    if arm.pairs:
        job = await _on_pairs(job, arm, directory)
    fleet = FLEETS.fleet(job)
    world, encode = read_world(job)
    collector = Collector(fleet, {task.name: task for task in job.tasks})
    steps: list[dict[str, Any]] = []

    def emit(said: Payload) -> None:
        if isinstance(said, StepDone):
            steps.append({name: _kept(task) for name, task in said.tasks.items()})

    stand = Stand(Checkpoints(directory), fleet.trainer, emit, Progress())
    held_out: Sequence[Group] = ()
    if arm.pairs:
        means = Means(collector=collector, world=world, encode=encode, run=RunDirectory(directory), emit=emit)
        async with opened(job, means) as source:
            await fleet.weights.publish(0)
            held_out = source.held_out()
            await train(_quiet(job), source, collector, world.eval_prompts, emit, stand, Pause())
        await fleet.weights.publish(job.steps)
    elif arm.trains:
        with SampleFile(directory / "baselines.jsonl") as made:
            await baselines(job, world.prompts, collector, encode, made, emit)
            await fleet.weights.publish(0)
            quiet = _quiet(job)
            online = Online(quiet, world.prompts, collector, baselines=made)
            source = await Beforehand.of(online, job.steps // arm.epochs) if arm.beforehand else online
            await train(quiet, source, collector, world.eval_prompts, emit, stand, Pause())
    measured = await evaluate(job, world.eval_prompts, collector, held_out)
    final = {
        name: {**_kept(task), "reward_of_satisfying": _of_satisfying(measured.groups[name]), **task.held_out}
        | {"judges": task.judges}
        for name, task in measured.tasks.items()
    }
    return {"steps": steps, "final": final, "seconds": time.perf_counter() - begun}


def _quiet(job: Job) -> Job:
    """The job without its evaluation: what is measured is measured here."""
    without = dict.fromkeys({"prompts", "rows"} & job.evaluation.model_fields_set, 0)
    return job.model_copy(update={"evaluation": job.evaluation.model_copy(update=without)})


async def _on_pairs(job: Job, arm: Arm, directory: Path) -> Job:
    """The job that learns from pairs: a file's, or of what the starting policy says to the prompts of ``job``."""
    assert arm.pairs
    if arm.pairs == "file":
        return pairs_job(job, arm, EXAMPLES / "tiny" / "pairs")
    fleet, (world, _) = FLEETS.fleet(job), read_world(job)
    collector = Collector(fleet, {task.name: task for task in job.tasks})
    await fleet.weights.publish(0)
    await write_pairs(job, Online(_quiet(job), world.prompts, collector, baselines={}), directory, CHOOSERS[arm.pairs])
    return pairs_job(job, arm, directory)


class Beforehand:
    """Implements `raylign.sources.source.Source`: groups that were all made before the first step, over and over."""

    def __init__(self, groups: list[list[Group]]) -> None:
        self._groups = groups

    @classmethod
    async def of(cls, source: Source, steps: int) -> Self:
        """What a source gives for its first steps to the policy that has made none."""
        return cls([await source.groups(step, Clock()) for step in range(steps)])

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        return self._groups[step % len(self._groups)]

    def held_out(self) -> Sequence[Group]:
        """None: the evaluation has the policy's own responses."""
        return ()

    async def aclose(self) -> None:
        """Nothing is left to end."""


def _kept(task: TaskMetrics) -> dict[str, float | None]:
    return {"satisfied": task.satisfied, "reward": task.reward, "kl": task.kl, "tokens": task.tokens}


def _of_satisfying(groups: Sequence[Group]) -> float | None:
    """Mean reward of the responses that satisfy their judges: at equal share of these, which are better."""
    samples = [sample for group in groups for sample in group.samples]
    rewards = [sample.reward for sample in samples if sample.satisfied and sample.reward is not None]
    return fmean(rewards) if rewards else None


async def offline_dpo(seed: int, steps: int, directory: Path) -> None:
    """DPO on fixed pairs: all are sampled from the starting policy, before the first step. Writes the policy."""
    method = {"type": "oaif", "annotator": ANNOTATOR}
    arm = Arm(name="warm-up", label="", method=method, task={"prompts_per_step": 16, "samples_per_prompt": 2})
    job = job_of(arm, seed, steps=steps)
    fleet, (world, _) = FLEETS.fleet(job), read_world(job)
    tasks = {task.name: task for task in job.tasks}
    collector = Collector(fleet, tasks)
    pairs = []
    for step in range(steps):
        wanted = [
            request
            for task in job.tasks
            for request in requests(
                job, task, draw(task, world.prompts[task.name], seed=seed, step=step), purpose=f"warm {step}", samples=2
            )
        ]
        pairs.append(await collector.collect(wanted, Clock()))
    for step, groups in enumerate(pairs):
        batches = await prepare(tasks, groups, fleet, Clock(), version=step, memories={})
        examples = [example for batch in batches for example in batch.examples]
        await fleet.trainer.step(step, pack(examples, ranks=1, tokens_per_microbatch=job.trainer.tokens_per_microbatch))
    aside = directory.with_suffix(".tmp")
    aside.mkdir()
    await fleet.trainer.save(aside)
    (aside / "policy").rename(directory)
    shutil.rmtree(aside)
