"""What judges change: the same tasks, steps and samples under many methods, over several seeds.

Resumable: a (arm, seed) whose file is in the results directory is not run again. Each worker process keeps its engines.
"""

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.science.arms import SETS, STEPS, Arm
from benchmarks.science.work import result_file, run, warm_policy, warm_up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("runs/science"), help="directory of result files")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["main", "ablations"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--arms", nargs="+", help="only these arms of the sets")
    parser.add_argument("--tasks", nargs="+", default=[], help="only these of the demo's tasks")
    parser.add_argument("--short", action="store_true", help="fewer arms, two seeds: under 20 minutes on two cores")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="arms run at a time, one core each")
    options = parser.parse_args()
    sets, seeds = (["short"], 2) if options.short else (options.sets, options.seeds)
    arms = {arm.name: arm for name in sets for arm in SETS[name] if not options.arms or arm.name in options.arms}
    options.results = options.results.resolve()
    options.results.mkdir(parents=True, exist_ok=True)
    wanted = [(arm, seed) for seed in range(seeds) for arm in arms.values()]
    run_all([(arm, seed) for arm, seed in wanted if not result_file(options.results, arm, seed).exists()], options)


def run_all(wanted: Sequence[tuple[Arm, int]], options: argparse.Namespace) -> None:
    """Every run, ``options.workers`` at a time."""
    from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    # Before a worker imports anything: one core each, no threads that spin.
    os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "DS_ACCELERATOR": "cpu"}
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=spawned) as pool, Progress(*columns) as progress:
        cold = sorted({seed for arm, seed in wanted if arm.warm and not warm_policy(options.results, seed).exists()})
        bar = progress.add_task("warm-up", total=len(wanted) + len(cold))
        for warmed in as_completed(pool.submit(warm_up, seed, options.results) for seed in cold):
            warmed.result()
            progress.advance(bar)
        runs = {pool.submit(run, arm, seed, options): arm.name for arm, seed in wanted}
        for done in as_completed(runs):
            done.result()
            progress.update(bar, advance=1, description=runs[done])


if __name__ == "__main__":
    main()
