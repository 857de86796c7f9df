"""A rate of ours beside bare vLLM's: one engine a process, in turns, so that a busy machine is unfair to both."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import models, our_side

ROUNDS = 5


def run(module: str, about: str | None, unit: str, rates: Callable[[str, str, int, int], list[float]]) -> None:
    """The command line of a benchmark.

    ``module``: the benchmark's own, started again for each side. ``unit``: of a rate. ``rates``: of a side ("ours" or
    "bare"), a model's directory, rounds, threads; those of all rounds.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--shape", choices=models.SHAPES, action="append", help="default: 3m and 135m")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each process, after one that is not counted")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", choices=("ours", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        threads = os.cpu_count() or 1
        os.environ |= {"VLLM_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": str(threads)}
        print(json.dumps(rates(options.side, options.model, options.rounds, threads)))
        return
    print(f"{'model':6} {f'ours {unit}':>14} {f'bare {unit}':>14} {'ratio':>6}")
    found = []
    for shape in options.shape or ("3m", "135m"):
        with tempfile.TemporaryDirectory() as directory:
            found.append(_compare(module, shape, models.save_policy(shape, Path(directory)), options.rounds))
        print("{shape:6} {ours:14.1f} {bare:14.1f} {ratio:6.2f}".format(**found[-1]), flush=True)
    our_side.dump(options.json, found)


def _compare(module: str, shape: str, model: Path, rounds: int) -> dict[str, Any]:
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for side in ("ours", "bare", "bare", "ours"):
        command = [sys.executable, "-m", module, "--side", side, "--model", str(model), "--rounds", str(rounds)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the {side} side ended with {done.returncode}: {done.stderr[-2000:]}")
        found[side] += json.loads(done.stdout.splitlines()[-1])
    medians = {side: statistics.median(values) for side, values in found.items()}
    return {"shape": shape, **medians, "ratio": medians["ours"] / medians["bare"], "all": found}
