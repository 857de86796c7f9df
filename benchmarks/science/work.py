"""What a worker process does, one arm and seed after another. Torch is imported only here, on the first one."""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.science.arms import Arm, job_of
from raylign.record.whole import write_whole

WARM_STEPS = 12
"""Steps of offline DPO before the arms that start from it."""


def run(arm: Arm, seed: int, options: argparse.Namespace) -> None:
    """One arm with one seed, in this process's warm engines; writes its file."""
    from benchmarks.science.run import train_and_measure

    policy = str(warm_policy(options.results, seed)) if arm.warm else None
    job = job_of(arm, seed, steps=options.steps, tasks=options.tasks, policy=policy)
    with tempfile.TemporaryDirectory() as directory:
        found: dict[str, Any] = asyncio.run(train_and_measure(job, arm, Path(directory)))
    file = result_file(options.results, arm, seed)
    write_whole(file, json.dumps({"arm": arm.name, "label": arm.label, "seed": seed, **found}))


def warm_up(seed: int, results: Path) -> None:
    """Make the policy that the warm arms of ``seed`` start from."""
    from benchmarks.science.run import offline_dpo

    asyncio.run(offline_dpo(seed, WARM_STEPS, warm_policy(results, seed)))


def warm_policy(results: Path, seed: int) -> Path:
    return results / f"warm-policy-{seed}"


def result_file(results: Path, arm: Arm, seed: int) -> Path:
    return results / f"{arm.name}-seed{seed}.json"
