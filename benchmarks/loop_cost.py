"""What the loop itself costs: steps over in-process workers that answer at once, and drawing from files of any size."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes import FakeFleet, FakeRollouts, FakeTrainer, make_prompt

from actors.sampling.rollout_pool import RolloutPool
from actors.weights.published import Published
from raylign.loop.loop import train
from raylign.loop.pause import Pause
from raylign.loop.stand import Stand
from raylign.record.checkpoint import Checkpoints, Progress
from raylign.record.events.payloads import Payload, StepDone
from raylign.record.samples import SampleFile
from raylign.sources.baselines import baselines
from raylign.sources.collect import Collector
from raylign.sources.draw import draw
from raylign.sources.online import Online
from raylign.spec import Job, parse_job
from raylign.types import StepStats
from raylign.workers import PublishReport

STEPS = 20
DRAWN = 256
"""Prompts of a step that draws."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [measure(prompts=prompts, samples=4, workers=1) for prompts in (1, 4, 16, 64)]
    rows += [measure(prompts=256, samples=1, workers=workers) for workers in (1, 4, 16, 64, 256)]
    print(f"{'samples':>8} {'workers':>8} {'ms a step':>10} {'us a sample':>12}")
    for row in rows:
        each = 1e6 * row["step_s"] / row["samples"]
        print(f"{row['samples']:8} {row['workers']:8} {1e3 * row['step_s']:10.2f} {each:12.1f}")
    drawn = [drawing(size) for size in (1_000, 1_000_000, 1_000_000_000)]
    print(f"\n{'prompts':>13} {'ms to draw ' + str(DRAWN):>15} {'peak MiB':>9}")
    for row in drawn:
        print(f"{row['prompts']:13,} {1e3 * row['draw_s']:15.2f} {row['peak_mib']:9.2f}")
    if options.json:
        options.json.write_text(json.dumps({"steps": rows, "draws": drawn}, indent=2))


def drawing(size: int) -> dict[str, Any]:
    """Median seconds in which a step draws its prompts from a file of so many, and the memory that takes."""
    job = cost_job(prompts=DRAWN, samples=1)
    seconds = []
    tracemalloc.start()
    draw(job.tasks[0], range(size), seed=0, step=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for step in range(5):
        begun = time.perf_counter()
        draw(job.tasks[0], range(size), seed=0, step=step)
        seconds.append(time.perf_counter() - begun)
    return {"prompts": size, "draw_s": sorted(seconds)[2], "peak_mib": peak / 2**20}


def measure(*, prompts: int, samples: int, workers: int) -> dict[str, Any]:
    """Median seconds of a CRPG step of ``prompts`` x ``samples`` responses, sampled by so many workers."""
    job = cost_job(prompts=prompts, samples=samples)
    seconds = asyncio.run(_steps(job, prompts, workers))
    return {"samples": prompts * samples, "workers": workers, "step_s": sorted(seconds)[len(seconds) // 2]}


def cost_job(*, prompts: int, samples: int) -> Job:
    """CRPG on one task."""
    return parse_job(
        {
            "name": "cost",
            "steps": STEPS,
            "policy": {"model": "org/policy"},
            "evaluation": {"prompts": 0},
            "checkpoint": {"every": STEPS},
            "tasks": [
                {
                    "name": "math",
                    "prompts": {"path": "p"},
                    "prompts_per_step": prompts,
                    "samples_per_prompt": samples,
                    "reward": {"model": "org/rm"},
                    "judges": [{"type": "regex", "name": "even", "pattern": "."}],
                    "method": {"type": "crpg"},
                }
            ],
        }
    )


class FakeMember:
    """A rollout worker as its pool sees it, less the process. Takes what is asked and published at once."""

    def __init__(self) -> None:
        self._rollouts = FakeRollouts([])

    async def stream(self, method: str, requests: Any, version: int, **_: Any) -> AsyncIterator[Any]:
        self._rollouts.version = version
        async for handful in self._rollouts.generate(requests):
            yield handful

    async def call(self, method: str, *_: Any, **__: Any) -> dict[str, Any]:
        return {"tensors_checked": 1, "bytes": 1}


class IdleTrainer(FakeTrainer):
    """Hashes nothing."""

    async def step(self, step: int, microbatches: Any) -> StepStats:
        return StepStats(loss=0.5, loss_by_task={}, grad_norm=1.0, learning_rate=1e-3)


class PoolWeights:
    """Publishes to every worker of a pool."""

    def __init__(self, pool: RolloutPool) -> None:
        self._pool = pool

    async def publish(self, version: int, *, verify_all: bool = False) -> PublishReport:
        published = Published()
        await published.add(None)
        await published.close()
        return await self._pool.receive(published, version, verify_all=verify_all)


async def _steps(job: Any, count: int, workers: int) -> list[float]:
    ends = [time.perf_counter()]
    members: Any = [FakeMember() for _ in range(workers)]
    pool = RolloutPool(members, generate_s=60, publish_s=60)
    fleet = replace(FakeFleet().workers, rollouts=pool, trainer=IdleTrainer([]), weights=PoolWeights(pool))
    prompts = {"math": [make_prompt(number=number) for number in range(count)]}
    collector = Collector(fleet, {task.name: task for task in job.tasks})

    def emit(said: Payload) -> None:
        if isinstance(said, StepDone):
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as directory, SampleFile(Path(directory) / "baselines.jsonl") as made:
        await baselines(job, prompts, collector, lambda prompt: (1,), made, emit)
        source = Online(job, prompts, collector, baselines=made)
        stand = Stand(Checkpoints(Path(directory)), collector.fleet.trainer, emit, Progress())
        await train(job, source, collector, prompts, emit, stand, Pause())
    return [after - before for before, after in pairwise(ends[1:])]


if __name__ == "__main__":
    main()
