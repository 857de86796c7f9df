"""Rows per second of a two-token judge against bare vLLM scoring: model, settings and token ids alike, in turns."""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import models, our_side

ROWS, ROUNDS, TOKENS = 128, 5, 48
BEFORE, AFTER = ("".join(f"<{token}>" for token in span) for span in (range(10, 42), range(50, 58)))
TEMPLATE = f"{BEFORE}{{{{ response }}}}{AFTER}"
"""32 tokens, the response, 8 tokens."""
POSITIVE, NEGATIVE = "<5>", "<6>"


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
    print(f"{'model':6} {'ours rows/s':>12} {'bare rows/s':>12} {'ratio':>6}")
    found = []
    for shape in options.shape or ("3m", "135m"):
        with tempfile.TemporaryDirectory() as directory:
            found.append(compare(shape, models.save_policy(shape, Path(directory)), options.rounds))
        print("{shape:6} {ours:12.1f} {bare:12.1f} {ratio:6.2f}".format(**found[-1]), flush=True)
    our_side.dump(options.json, found)


def compare(shape: str, model: Path, rounds: int) -> dict[str, Any]:
    """One engine a process; ours and bare in turns, so that a busy machine is unfair to both."""
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for side in ("ours", "bare", "bare", "ours"):
        command = [sys.executable, "-m", "benchmarks.questions", "--side", side, "--model", str(model)]
        done = subprocess.run([*command, "--rounds", str(rounds)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the {side} side ended with {done.returncode}: {done.stderr[-2000:]}")
        found[side] += json.loads(done.stdout.splitlines()[-1])
    medians = {side: statistics.median(values) for side, values in found.items()}
    return {"shape": shape, **medians, "ratio": medians["ours"] / medians["bare"], "all": found}


def rates(side: str, model: str, rounds: int) -> list[float]:
    """Rows/s of each round after a first one that warms up. No row comes twice: its answer would be known."""
    threads = os.cpu_count() or 1
    os.environ |= {"VLLM_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": str(threads)}
    put = _ours(model, threads) if side == "ours" else _bare(model, threads)
    found = []
    for turn in range(rounds + 1):
        draw = random.Random(turn)
        rows = ["".join(f"<{draw.randrange(60, 90)}>" for _ in range(TOKENS)) for _ in range(ROWS)]
        found.append(ROWS / put(rows))
    return found[1:]


def _ours(model: str, threads: int) -> Callable[[list[str]], float]:
    """Seconds for rows, from texts to verdicts."""
    from actors.judging.llm_judge import LLMJudgeWorker
    from raylign.judges.questions.two_token import LLMJudge
    from raylign.types import Prompt

    worker = LLMJudgeWorker(model=model, device="cpu", threads=threads, memory_gb=1.0)
    judge = LLMJudge(model=model, template=TEMPLATE, positive=POSITIVE, negative=NEGATIVE, min_mass=0)
    prompt = Prompt(task="t", id="t/0", text="", question="Why?", messages=(), token_ids=(2,))

    def put(rows: list[str]) -> float:
        begun = time.perf_counter()
        worker.ask(judge, [(prompt, row) for row in rows])
        return time.perf_counter() - begun

    return put


def _bare(model: str, threads: int) -> Callable[[list[str]], float]:
    """Seconds for the same engine, its token ids made beforehand and its log-probabilities left unread."""
    from vllm import SamplingParams

    from actors.sampling.vllm_engine import EngineSettings, start_engine
    from actors.tokenizers import load_tokenizer

    tokenizer = load_tokenizer(model)
    candidates = [tokenizer.encode(word, add_special_tokens=False)[0] for word in (POSITIVE, NEGATIVE)]
    engine = start_engine(
        EngineSettings(model=model, dtype="float32", threads=threads, memory_gb=1.0, logprobs="raw_logprobs")
    )
    params = SamplingParams(
        max_tokens=1, temperature=0.0, logprob_token_ids=candidates, detokenize=False, ignore_eos=True
    )
    serial = iter(range(10**9))

    def put(rows: list[str]) -> float:
        made = [tokenizer.encode(BEFORE + row + AFTER) for row in rows]
        begun = time.perf_counter()
        engine.reset_prefix_cache()
        for ids in made:
            engine.add_request(str(next(serial)), {"prompt_token_ids": ids}, params)
        while engine.has_unfinished_requests():
            engine.step()
        return time.perf_counter() - begun

    return put


if __name__ == "__main__":
    main()
