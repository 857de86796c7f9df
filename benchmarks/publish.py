"""Seconds of a publish, over Ray and with its proof, against copying the same bytes within one process, in turns."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

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
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(measure(options.shape, options.rounds, Path(directory)))
    for name in ("publish", "export", "receive", "copy", "fresh"):
        print(f"{name:8} {1e3 * median(found[name]):8.1f} ms")
    found["ratio"] = median(found["publish"]) / median(found["copy"])
    found["ratio_fresh"] = median(found["publish"]) / median(found["fresh"])
    print(
        f"{found['bytes'] / 2**20:.0f} MiB, publish to copy {found['ratio']:.2f}, to fresh {found['ratio_fresh']:.2f}"
    )
    our_side.dump(options.json, found)


async def measure(shape: str, rounds: int, directory: Path) -> dict[str, Any]:
    """Seconds of every round. ``export``: until the weights are in the object store; ``receive``: from there into the
    engine, proof included. ``copy``: into memory in use; ``fresh``: into memory that the system must give first."""
    policy, reward = models.save_policy(shape, directory / "policy"), models.save_reward(shape, directory / "reward")
    prompts = models.save_prompts(shape, directory / "prompts.jsonl", count=8, tokens=8)
    batch = Batch(prompts=2, samples=2, tokens=8)
    job = parse_job(our_side.job("oaif", model=policy, reward=reward, prompts=prompts, batch=batch, steps=1))
    tensors = dict(load_policy(str(policy), dtype="float32", device="cpu").named_parameters())
    connect(namespace=NAMESPACE, dashboard=False)
    async with RayFleet(job, make_plan(job, describe()), job_id=NAMESPACE, emit=lambda said: None) as fleet:
        weights = (await fleet.start()).weights
        await weights.publish(0, verify_all=True)
        found: dict[str, Any] = {name: [] for name in ("publish", "export", "receive", "copy", "fresh")}
        kept = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        for version in range(1, rounds + 2):
            begun = time.perf_counter()
            report = await weights.publish(version)
            took = time.perf_counter() - begun
            row = {"publish": took, "export": took - report.seconds, "receive": report.seconds, **copies(tensors, kept)}
            if version > 1:
                for name, seconds in row.items():
                    found[name].append(seconds)
        found["bytes"] = report.bytes_sent
    return found


@torch.no_grad()
def copies(tensors: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> dict[str, float]:
    """Seconds of copying every tensor into ``kept``, and of cloning every tensor."""
    begun = time.perf_counter()
    for name, tensor in tensors.items():
        kept[name].copy_(tensor)
    copied = time.perf_counter()
    clones = [tensor.clone() for tensor in tensors.values()]
    cloned = time.perf_counter()
    del clones
    return {"copy": copied - begun, "fresh": cloned - copied}


if __name__ == "__main__":
    main()
