"""What judges change: the same tasks, steps and samples under many methods, over several seeds.

Resumable: a (arm, seed) whose file is in the results directory is not run again. Each worker process keeps its engines.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks.arms import ABLATIONS, MAIN, SHORT, STEPS, Arm, job_of, sweep

SETS = {"main": MAIN, "ablations": ABLATIONS, "short": SHORT, "sweep": sweep()}
WARM_STEPS = 12
"""Steps of offline DPO before the arms that start from it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("runs/science"), help="directory of result files")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["main", "ablations"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--short", action="store_true", help="fewer arms, two seeds: under 20 minutes on two cores")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="arms run at a time, one core each")
    options = parser.parse_args()
    sets, seeds = (["short"], 2) if options.short else (options.sets, options.seeds)
    arms = {arm.name: arm for name in sets for arm in SETS[name]}
    options.results.mkdir(parents=True, exist_ok=True)
    wanted = [(arm, seed) for seed in range(seeds) for arm in arms.values()]
    run_all([(arm, seed) for arm, seed in wanted if not _file(options.results, arm, seed).exists()], options)


def run_all(wanted: Sequence[tuple[Arm, int]], options: argparse.Namespace) -> None:
    """Every run, ``options.workers`` at a time."""
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    # Before a worker imports anything: one core each, no threads that spin.
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "DS_ACCELERATOR": "cpu"}
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=spawned) as pool, Progress(*columns) as progress:
        bar = progress.add_task("runs", total=len(wanted))
        runs = {pool.submit(run, arm, seed, options.steps, options.results): arm.name for arm, seed in wanted}
        for done in as_completed(runs):
            done.result()
            progress.update(bar, advance=1, description=runs[done])


def run(arm: Arm, seed: int, steps: int, results: Path) -> None:
    """One arm with one seed, in this process's warm engines; writes its file."""
    import warnings

    from benchmarks import training_run

    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as directory:
        policy = None
        if arm.warm:
            policy = str(results / f"warm-policy-{seed}")
            if not Path(policy).exists():
                asyncio.run(training_run.warm_up(seed, WARM_STEPS, Path(policy)))
        job = job_of(arm, seed, steps=steps, policy=policy)
        found: dict[str, Any] = asyncio.run(training_run.train_and_measure(job, Path(directory), trains=arm.trains))
    file = _file(results, arm, seed)
    aside = file.with_suffix(".tmp")
    aside.write_text(json.dumps({"arm": arm.name, "label": arm.label, "seed": seed, **found}))
    aside.rename(file)


def _file(results: Path, arm: Arm, seed: int) -> Path:
    return results / f"{arm.name}-seed{seed}.json"


if __name__ == "__main__":
    main()
