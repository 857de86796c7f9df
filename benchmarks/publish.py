"""Seconds of a publish, over Ray and with its proof, against copying the same bytes within one process, in turns."""

import argparse
import asyncio
import ctypes
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import ray
import torch
from torch import Tensor

from actors.cluster.connection import connect, describe
from actors.fleet import RayFleet
from actors.loading import load_policy
from benchmarks import models, our_side
from benchmarks.our_side import Batch
from raylign.plan.resolve import make_plan
from raylign.spec import parse_job

NAMESPACE = "benchmark-publish"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=models.SHAPES, default="135m")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--bucket-mb", type=int, default=64)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    print("| workers | MiB sent | publish, ms | copy | fresh copy | publish to fresh | publish to fresh, by worker |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for workers in options.workers:
            found = asyncio.run(measure(options, workers, Path(directory, str(workers))))
            publish, copy, fresh = (median(found[name]) for name in ("publish", "copy", "fresh"))
            found["ratio"] = publish / fresh
            print(
                f"| {workers} | {found['bytes'] / 2**20:.0f} | {1e3 * publish:.0f} | {1e3 * copy:.0f} | "
                f"{1e3 * fresh:.0f} | {found['ratio']:.2f} | {found['ratio'] / workers:.2f} |",
                flush=True,
            )
            rows.append({"workers": workers, **found})
    our_side.dump(options.json, {"shape": options.shape, "rows": rows})


async def measure(options: argparse.Namespace, workers: int, directory: Path) -> dict[str, Any]:
    """Seconds of every round. ``copy``: all bytes once, into memory in use; ``fresh``: into memory that the system must
    give first, which is the least that any way from one process into another takes."""
    directory.mkdir()
    shape = options.shape
    policy, reward = models.save_policy(shape, directory / "policy"), models.save_reward(shape, directory / "reward")
    prompts = models.save_prompts(shape, directory / "prompts.jsonl", count=8, tokens=8)
    batch = Batch(prompts=2, samples=2, tokens=8)
    document = our_side.job("oaif", model=policy, reward=reward, prompts=prompts, batch=batch, steps=1)
    document["rollout"] |= {"workers": workers}
    document["weights"] = {"bucket_mb": options.bucket_mb}
    job = parse_job(document)
    tensors = dict(load_policy(str(policy), dtype="float32", device="cpu").named_parameters())
    connect(namespace=NAMESPACE, dashboard=False)
    async with RayFleet(job, make_plan(job, describe()), job_id=NAMESPACE, emit=lambda said: None) as fleet:
        weights = (await fleet.start()).weights
        await weights.publish(0, verify_all=True)
        found: dict[str, Any] = {name: [] for name in ("publish", "copy", "fresh")}
        kept = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        for version in range(1, options.rounds + 2):
            begun = time.perf_counter()
            report = await weights.publish(version)
            row = {"publish": time.perf_counter() - begun, **copies(tensors, kept)}
            if version > 1:
                for name, seconds in row.items():
                    found[name].append(seconds)
        found["bytes"] = report.bytes_sent
    ray.shutdown()
    return found


@torch.no_grad()
def copies(tensors: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> dict[str, float]:
    """Seconds of copying every tensor into ``kept``, and of cloning every tensor when no freed memory is at hand."""
    begun = time.perf_counter()
    for name, tensor in tensors.items():
        kept[name].copy_(tensor)
    copied = time.perf_counter()
    ctypes.CDLL(None).malloc_trim(0)
    trimmed = time.perf_counter()
    clones = [tensor.clone() for tensor in tensors.values()]
    cloned = time.perf_counter()
    del clones
    return {"copy": copied - begun, "fresh": cloned - trimmed}


if __name__ == "__main__":
    main()
