"""Memory of every actor with its models loaded, against a bare process that loads the same: resident, and its share."""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from actors.cluster.connection import connect, describe
from actors.fleet import ACTORS, RayFleet
from benchmarks import models, our_side
from benchmarks.our_side import Batch
from raylign.plan.resolve import make_plan
from raylign.spec import parse_job

NAMESPACE = "benchmark-bare-memory"
CONTEXT = 256
CAUSAL = "from transformers import AutoModelForCausalLM as M; m = M.from_pretrained({policy!r}, dtype='float32')"
BARE = {
    "policy": f"import torch, deepspeed; {CAUSAL}",
    "reference": CAUSAL,
    "reward": "from transformers import AutoModelForSequenceClassification as M, AutoTokenizer as T;"
    "m = M.from_pretrained({reward!r}, dtype='float32'); t = T.from_pretrained({reward!r})",
    "rollout": "from vllm import LLM; m = LLM(model={policy!r}, dtype='float32', max_model_len={context}, "
    "enforce_eager=True, enable_chunked_prefill=False)",
    "judge": "import raylign.judges",
}
"""What a plain process imports and loads for the same work."""
ENVIRONMENT = {
    "DS_ACCELERATOR": "cpu",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=models.SHAPES, default="135m")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        policy = models.save_policy(options.shape, directory / "policy")
        reward = models.save_reward(options.shape, directory / "reward")
        prompts = models.save_prompts(options.shape, directory / "prompts.jsonl", count=4, tokens=8)
        ours = asyncio.run(actors(policy, reward, prompts))
        bare = {role: alone(role, policy, reward) for role in ours}
    print(f"{'actor':10} {'resident MiB':>13} {'bare':>7} {'ratio':>6} {'share MiB':>10}")
    for role, found in ours.items():
        ratio = found["resident"] / bare[role]["resident"]
        numbers = found["resident"] / 2**20, bare[role]["resident"] / 2**20, ratio, found["share"] / 2**20
        print("{:10} {:13.0f} {:7.0f} {:6.2f} {:10.0f}".format(role, *numbers))
    our_side.dump(options.json, {"ours": ours, "bare": bare})


async def actors(policy: Path, reward: Path, prompts: Path) -> dict[str, dict[str, int]]:
    """Bytes by role, of a fleet that has loaded its models and published once."""
    batch = Batch(prompts=2, samples=2, tokens=8)
    document = our_side.job("crpg", model=policy, reward=reward, prompts=prompts, batch=batch, steps=1)
    document["tasks"][0]["judges"] = [{"type": "length", "maximum": 100, "unit": "words"}]
    job = parse_job(document)
    connect(namespace=NAMESPACE, dashboard=False)
    async with RayFleet(job, make_plan(job, describe()), job_id=NAMESPACE, emit=lambda said: None) as fleet:
        await (await fleet.start()).weights.publish(0)
        titles = {f"ray::{remote.__ray_metadata__.class_name}": role for role, remote in ACTORS.items()}
        return {
            titles[title]: memory(process.pid)
            for process in psutil.Process().children(recursive=True)
            if (title := (process.cmdline() or [""])[0].partition(".")[0]) in titles
        }


def alone(role: str, policy: Path, reward: Path) -> dict[str, int]:
    """Bytes of a bare process."""
    load = BARE[role].format(policy=str(policy), reward=str(reward), context=CONTEXT)
    program = f"{load}\nimport sys; print('loaded', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **ENVIRONMENT},
    ) as process:
        assert process.stdout is not None
        while "loaded" not in (line := process.stdout.readline()):
            if not line:
                raise RuntimeError(f"the bare process of {role!r} ended before its model was loaded")
        return memory(process.pid)


def memory(pid: int) -> dict[str, int]:
    """``resident``: all pages it has; ``share``: those it shares with other processes counted in part."""
    info = psutil.Process(pid).memory_full_info()
    return {"resident": info.rss, "share": info.pss}


if __name__ == "__main__":
    main()
