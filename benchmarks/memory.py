"""Peak memory of every actor of a real run against what the plan says of it, by model, training and precision.

Peaks are the kernel's (VmHWM): all pages a process ever had at once, those of the object store that it had mapped
among them. Those are counted in every process that maps them; the column "store" says how much of the peak they were.
What an actor starts (the children of a judge) counts as its own. Ray is told of more memory than there is: the plan is
measured here, and not obeyed.
"""

import argparse
import itertools
import os
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import ray
import torch

from actors.fleet import ACTORS
from benchmarks import models, our_side
from benchmarks.our_side import Batch
from raylign.plan.cluster import imagined_cluster
from raylign.plan.resolve import make_plan
from raylign.spec import parse_job

BATCH = Batch(prompts=8, samples=1, tokens=32)
PROMPT_TOKENS = 48
STEPS = 2
MEMORY_GB = 0.25
"""KV cache."""
LOOK_S = 0.1
"""Seconds between two looks at the processes; the kernel keeps each one's peak in between."""
ENDLESS = 2.0**40
"""Bytes."""
MOST = 0.2
"""Share of a peak by which the plan may be off."""
TRAININGS: dict[str, dict[str, Any] | None] = {"full": None, "lora": {"rank": 16}}
CLASSES = {remote.__ray_metadata__.class_name: role for role, remote in ACTORS.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=("tiny", "135m", "500m"), action="append", help="default: all three")
    parser.add_argument("--training", choices=TRAININGS, action="append", help="default: both")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), action="append", help="default: both")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cases = itertools.product(
        options.shape or ("tiny", "135m", "500m"),
        options.training or TRAININGS,
        options.dtype or ("float32", "bfloat16"),
    )
    rows: list[dict[str, Any]] = []
    print(
        f"{'model':6} {'training':9} {'dtype':9} {'actor':10} {'planned':>8} {'peak':>6} {'store':>6} {'ratio':>6}  MiB"
    )
    for case in cases:
        for row in measure(*case):
            rows.append(row)
            print(
                "{shape:6} {training:9} {dtype:9} {actor:10} {planned:8.0f} {peak:6.0f} {store:6.0f} "
                "{ratio:6.2f}".format(**row),
                flush=True,
            )
        our_side.dump(options.json, rows)
    return int(any(abs(row["ratio"] - 1) > MOST for row in rows))


def measure(shape: str, training: str, dtype: str) -> Iterator[dict[str, Any]]:
    """A row for each role, in MiB."""
    with tempfile.TemporaryDirectory() as name:
        document = job(shape, training, dtype, Path(name))
        plan = make_plan(parse_job(document), imagined_cluster(cpus=os.cpu_count(), gpus=0, memory_bytes=ENDLESS))
        with endless_ray(), watched() as peaks:
            our_side.run(document, Path(name) / "run")
    for actor in plan.actors:
        peak, store = (value / 2**20 for value in peaks[actor.role])
        planned = actor.memory_bytes / 2**20
        yield {
            "shape": shape, "training": training, "dtype": dtype, "actor": actor.role,
            "planned": planned, "peak": peak, "store": store, "ratio": planned / peak,
        }  # fmt: skip


def job(shape: str, training: str, dtype: str, directory: Path) -> dict[str, Any]:
    """One task with every kind of actor but an LLM judge."""
    document = our_side.job(
        "crpg",
        model=models.save_policy(shape, directory / "policy", getattr(torch, dtype)),
        reward=models.save_reward(shape, directory / "reward"),
        prompts=models.save_prompts(shape, directory / "prompts.jsonl", count=BATCH.prompts, tokens=PROMPT_TOKENS),
        batch=BATCH,
        steps=STEPS,
    )
    document["policy"] |= {"dtype": dtype, "lora": TRAININGS[training]}
    document["tasks"][0]["judges"] = [{"type": "length", "maximum": 100, "unit": "words"}]
    document["rollout"]["memory_gb"] = MEMORY_GB
    return document


@contextmanager
def endless_ray() -> Iterator[None]:
    """A Ray of this machine, for the runs within, that refuses nothing for want of memory."""
    context = ray.init(address="local", include_dashboard=False, log_to_driver=False, _memory=ENDLESS)
    os.environ["RAY_ADDRESS"] = context.address_info["address"]
    try:
        yield
    finally:
        del os.environ["RAY_ADDRESS"]
        ray.shutdown()


@contextmanager
def watched() -> Iterator[dict[str, tuple[int, int]]]:
    """(peak, pages shared with the object store at the highest) in bytes by role, of all actors below this process."""
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    roles: dict[int, str] = {}  # by process: a title tells the class while nothing, or the constructor, is at work
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            for process in psutil.Process().children(recursive=True):
                try:
                    name = (process.cmdline() or [""])[0].rpartition(":")[2].partition(".")[0]
                    if role := roles.get(process.pid) or CLASSES.get(name):
                        roles[process.pid] = role
                        peak, store = _memory(process.pid)
                        found[role] = max(found[role][0], peak + _children(process, roles)), max(found[role][1], store)
                except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                    continue  # it ended while we looked

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _memory(pid: int) -> tuple[int, int]:
    """Bytes: the most it ever had, and of what it has now the shared memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    values = {name: text for name, _, text in (line.partition(":") for line in lines)}
    return tuple(int(values.get(name, "0 kB").split()[0]) * 1024 for name in ("VmHWM", "RssShmem"))  # type: ignore[return-value]


def _children(process: psutil.Process, roles: Collection[int]) -> int:
    """Bytes of what the process started, less those of other roles; what these share counted in parts."""
    return sum(child.memory_full_info().pss for child in process.children(recursive=True) if child.pid not in roles)


if __name__ == "__main__":
    sys.exit(main())
