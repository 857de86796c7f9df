"""Tokens per second of a rollout worker against bare vLLM: model, engine settings, requests, seeds alike, in turns."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import models, our_side

PROMPTS, SAMPLES, TOKENS, ROUNDS = 8, 4, 64, 5
PROMPT_TOKENS, CONTEXT, SEQUENCES = 16, 256, 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=models.SHAPES, action="append", help="default: 3m and 135m")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each process, after one that is not counted")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--side", choices=("ours", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(rates(options.side, options.model, options.rounds)))
        return
    print(f"{'model':6} {'ours tokens/s':>14} {'bare tokens/s':>14} {'ratio':>6}")
    rows = []
    for shape in options.shape or ("3m", "135m"):
        with tempfile.TemporaryDirectory() as directory:
            rows.append(compare(shape, models.save_policy(shape, Path(directory)), options.rounds))
        print("{shape:6} {ours:14.0f} {bare:14.0f} {ratio:6.2f}".format(**rows[-1]), flush=True)
    our_side.dump(options.json, rows)


def compare(shape: str, model: Path, rounds: int) -> dict[str, Any]:
    """One engine a process; ours and bare in turns, so that a busy machine is unfair to both."""
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for side in ("ours", "bare", "bare", "ours"):
        command = [sys.executable, "-m", "benchmarks.generation", "--side", side, "--model", str(model)]
        done = subprocess.run([*command, "--rounds", str(rounds)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the {side} side ended with {done.returncode}: {done.stderr[-2000:]}")
        found[side] += json.loads(done.stdout.splitlines()[-1])
    medians = {side: statistics.median(values) for side, values in found.items()}
    return {"shape": shape, **medians, "ratio": medians["ours"] / medians["bare"], "all": found}


def rates(side: str, model: str, rounds: int) -> list[float]:
    """Response tokens/s of each round after a first one that warms up."""
    threads = os.cpu_count() or 1
    os.environ |= {"VLLM_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": str(threads)}
    from raylign.types import Prompt, Request

    requests = [
        Request(
            prompt=Prompt(
                task="t",
                id=f"t/{n}",
                text="",
                question="",
                messages=(),
                token_ids=tuple(range(10 + n, 10 + n + PROMPT_TOKENS)),
            ),
            index=index,
            seed=SAMPLES * n + index,
            max_tokens=TOKENS,
        )
        for n in range(PROMPTS)
        for index in range(SAMPLES)
    ]
    if side == "ours":
        from actors.sampling.rollout import RolloutWorker
        from raylign.spec.parts import RolloutSettings

        settings = RolloutSettings(context_tokens=CONTEXT)
        worker = RolloutWorker(model=model, dtype="float32", rollout=settings, device="cpu", threads=threads)

        def once() -> int:
            return sum(len(each.token_ids) for handful in worker.generate(requests, None) for each in handful)

    else:
        os.environ |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
        os.environ |= {"VLLM_CPU_KVCACHE_SPACE": "1"}
        import torch
        from vllm import LLM, SamplingParams

        torch.set_num_threads(threads)
        torch._dynamo.config.disable = True
        llm = LLM(
            model=model,
            dtype="float32",
            max_model_len=CONTEXT,
            max_num_seqs=SEQUENCES,
            enforce_eager=True,
            enable_chunked_prefill=False,
            enable_prefix_caching=True,
            async_scheduling=False,
            logprobs_mode="processed_logprobs",
        )
        prompts = [{"prompt_token_ids": list(request.prompt.token_ids)} for request in requests]
        wanted = [
            SamplingParams(temperature=1.0, seed=request.seed, max_tokens=TOKENS, logprobs=0) for request in requests
        ]

        def once() -> int:
            llm.reset_prefix_cache()
            return sum(len(each.outputs[0].token_ids) for each in llm.generate(prompts, wanted, use_tqdm=False))

    once()
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        tokens = once()
        found.append(tokens / (time.perf_counter() - begun))
    return found


if __name__ == "__main__":
    main()
