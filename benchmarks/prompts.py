"""By how much a file of a million prompts delays the start of a run, and what its driver then holds.

What a driver does with its prompts files, from the job's check to prompts that a step can draw, in a process of its own
for each size. Beside it, in as many processes, the floor: `json.loads` of each line. CPU seconds count where
others work on the same cores.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import models, our_side
from raylign.plan.check import check_job
from raylign.sources.draw import draw
from raylign.spec import Job, parse_job

FEW = 1_000
QUESTION = "how many apples does she have if the farmer gives two of them away and buys seven more on the next day"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(SIDES[options.side], options.directory)))
        return
    with tempfile.TemporaryDirectory() as directory:
        rows = [compare(Path(directory), prompts) for prompts in (FEW, options.prompts)]
    print(f"{'prompts':>10} {'start, s':>9} {'CPU s':>7} {'peak MiB':>9} {'floor, CPU s':>13}")
    for row in rows:
        print("{prompts:10,} {wall_s:9.2f} {cpu_s:7.2f} {peak_mib:9.0f} {floor_s:13.2f}".format(**row))
    few, many = rows
    delay, floor = many["cpu_s"] - few["cpu_s"], many["floor_s"] - few["floor_s"]
    print(
        f"delayed by {many['wall_s'] - few['wall_s']:.2f} s, {delay:.2f} CPU s: {delay / floor:.1f} times the floor; "
        f"{many['peak_mib'] - few['peak_mib']:.0f} MiB more"
    )
    our_side.dump(options.json, rows)


def compare(directory: Path, prompts: int) -> dict[str, Any]:
    """One size: ours and the floor."""
    models.save_policy("tiny", directory / "policy")
    write(directory / "prompts.jsonl", prompts)
    ours, floor = (_alone(side, directory) for side in ("ours", "floor"))
    return {"prompts": prompts, **ours, "floor_s": floor["cpu_s"]}


def write(file: Path, prompts: int) -> None:
    """Rows with a question of 22 words and its answer."""
    words = QUESTION.split()
    with open(file, "w", encoding="utf-8") as out:
        for number in range(prompts):
            turn = number % len(words)
            question = f"{number}: {' '.join(words[turn:] + words[:turn])}?"
            out.write(json.dumps({"prompt": question, "metadata": {"answer": str(number)}}) + "\n")


def measure(read: Callable[[Path], Callable[[], None]], directory: Path) -> dict[str, float]:
    """Seconds of what ``read`` makes ready, and the most memory that the process ever had."""
    work = read(directory)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def start(directory: Path) -> Callable[[], None]:
    """As the driver does."""
    from actors.text.world import read_world

    def begin() -> None:
        job = start_job(directory)
        world, _ = read_world(job, check_job(job, keep=True).kept)
        draw(job.tasks[0], world.prompts["math"], seed=0, step=0)

    return begin


def floor(directory: Path) -> Callable[[], None]:
    """Every line parsed."""

    def parse() -> None:
        with open(directory / "prompts.jsonl", encoding="utf-8") as file:
            for line in file:
                json.loads(line)

    return parse


SIDES: dict[str, Callable[[Path], Callable[[], None]]] = {"ours": start, "floor": floor}


def start_job(directory: Path) -> Job:
    """One task, its judge asked about every prompt."""
    return parse_job(
        {
            "name": "prompts",
            "steps": 1,
            "policy": {"model": str(directory / "policy")},
            "rollout": {"max_tokens": 64},
            "tasks": [
                {
                    "name": "math",
                    "prompts": {"path": str(directory / "prompts.jsonl")},
                    "judges": [{"type": "math"}],
                    "reward": {"type": "rules"},
                    "method": {"type": "grpo"},
                }
            ],
        }
    )


def _alone(side: str, directory: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.prompts", "--side", side, "--directory", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the {side} side ended with {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
