"""How far apart vLLM, the trainer and the reference are about what vLLM sampled, by architecture and temperature.

Tiny models with random weights in float32; responses end by an end token or by their length. Gaps are between
log-probs of the same token. Exits with 1 where one is above --most.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from actors.sampling.rollout import RolloutWorker
from actors.scoring.reference import ReferenceWorker
from actors.training.trainer import PolicyTrainer
from benchmarks import our_side
from benchmarks.our_side import Batch
from benchmarks.tiny_models import SERVED, VOCAB_SIZE, make_policy
from benchmarks.training import free_port
from raylign.spec import parse_job
from raylign.spec.parts import RolloutSettings
from raylign.types import Prompt, Request
from raylign.types import Sequence as TokenSequence

ARCHITECTURES = ("llama", "llama-tied", "qwen2", "qwen3", "gemma3_text", "mistral", "qwen3_moe", "gpt2")
"""Those of `benchmarks.tiny_models` that vLLM serves on a CPU."""
ENDS = [1, *range(10, VOCAB_SIZE, 5)]
"""Many end tokens, so that every architecture's random weights sample one now and then."""
TEMPERATURES = (0.7, 1.0, 1.3)
MOST = 1e-4
PROMPTS, LONGEST = 32, 24


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", choices=ARCHITECTURES, action="append", help="default: all")
    parser.add_argument("--most", type=float, default=MOST, help="gap that is still taken for rounding")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    wanted = [name for name in ARCHITECTURES if name in (options.architecture or ARCHITECTURES)]
    print(f"{'':16} {'':6} {'':7} {'':7}  {'largest gap':^31}")
    print(
        f"{'architecture':16} {'temp.':>6} {'tokens':>7} {'ended':>7}  {'vLLM-trainer':>14} {'trainer-reference':>17}"
    )
    rows = []
    # One engine fits into a process.
    processes = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with tempfile.TemporaryDirectory() as directory, processes:
        for architecture in wanted:
            for row in processes.submit(compare, architecture, policy(Path(directory), architecture, 0)).result():
                rows.append(row)
                print(
                    "{architecture:16} {temperature:6.1f} {tokens:7d} {ended:7.0%}  {vllm_trainer:14.1e} "
                    "{trainer_reference:17.1e}".format(**row),
                    flush=True,
                )
    our_side.dump(options.json, rows)
    for complaint in (found := above(rows, options.most)):
        print(complaint, file=sys.stderr)
    return int(bool(found))


def above(rows: Sequence[dict[str, Any]], most: float) -> list[str]:
    """What is further apart than that, in words."""
    return [
        f"{row['architecture']} at temperature {row['temperature']}: {pair} differ by {row[pair]:.1e}, above {most:g}"
        for row in rows
        for pair in ("vllm_trainer", "trainer_reference")
        if not row[pair] <= most
    ]


def policy(folder: Path, architecture: str, seed: int) -> Path:
    """A model of that architecture, as small as vLLM serves it."""
    gpt2 = {"n_embd": 64, "n_head": 2} if architecture == "gpt2" else {}
    shape = {**SERVED, **gpt2, "eos_token_id": ENDS}
    return make_policy(folder / f"{architecture}-{seed}", architecture=architecture, seed=seed, **shape)


def compare(architecture: str, model: Path, temperatures: Iterable[float] = TEMPERATURES) -> list[dict[str, Any]]:
    """A row for each temperature. For a process of its own."""
    settings: dict[str, Any] = {"model": str(model), "dtype": "float32", "device": "cpu", "threads": 1}
    worker = RolloutWorker(rollout=RolloutSettings(memory_gb=0.02), **settings)
    return [row(architecture, temperature, worker, settings) for temperature in temperatures]


def row(architecture: str, temperature: float, worker: RolloutWorker, settings: dict[str, Any]) -> dict[str, Any]:
    """What each of the three says of the same responses."""
    prompts = make_prompts()
    made = [one for handful in worker.generate(requests(prompts, temperature), None) for one in handful]
    pairs = [(prompts[one.prompt_id].token_ids, one.token_ids) for one in made]
    sampled = [one.logprobs for one in made]
    trained = trainer_logprobs(Path(settings["model"]), temperature, pairs)
    held_to = ReferenceWorker(temperature=temperature, tokens_per_microbatch=400, **settings).score(pairs)
    return {
        "architecture": architecture,
        "temperature": temperature,
        "tokens": sum(map(len, sampled)),
        "ended": sum(one.finish == "stop" for one in made) / len(made),
        "vllm_trainer": gap(sampled, trained),
        "trainer_reference": gap(trained, held_to),
    }


def make_prompts() -> dict[str, Prompt]:
    """By id: of 1 to `LONGEST` tokens."""
    rng = random.Random(0)
    prompts = {}
    for number in range(PROMPTS):
        token_ids = tuple(rng.randrange(2, VOCAB_SIZE) for _ in range(rng.randint(1, LONGEST)))
        name = f"t/{number}"
        prompts[name] = Prompt(task="t", id=name, text="", question="", messages=(), token_ids=token_ids)
    return prompts


def requests(prompts: Mapping[str, Prompt], temperature: float) -> list[Request]:
    """One response each, of different lengths at most."""
    return [
        Request(prompt=prompt, index=0, seed=0, temperature=temperature, max_tokens=1 + 3 * (number % 8))
        for number, prompt in enumerate(prompts.values())
    ]


def trainer_logprobs(
    model: Path, temperature: float, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
) -> list[tuple[float, ...]]:
    """As a trainer of one rank gives them before its first step."""
    batch = Batch(prompts=1, samples=1, tokens=LONGEST)
    document = our_side.job("crpg", model=model, reward=Path("reward"), prompts=Path("prompts"), batch=batch, steps=1)
    document["rollout"]["temperature"] = temperature
    document["trainer"]["tokens_per_microbatch"] = 600  # another cut than the reference's
    rank = {"rank": 0, "world_size": 1, "master_addr": "127.0.0.1", "master_port": free_port()}
    trainer = PolicyTrainer(job=parse_job(document), device="cpu", threads=1, **rank)
    try:
        return trainer.score(
            [TokenSequence(prompt_ids=prompt, response_ids=made, behavior=(), reference=()) for prompt, made in pairs]
        )
    finally:
        trainer.shutdown()


def gap(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    """The largest distance between log-probs of a token; NaN where there is one."""
    distances = [abs(a - b) for rows in zip(one, other, strict=True) for a, b in zip(*rows, strict=True)]
    return float(np.max(distances))


if __name__ == "__main__":
    sys.exit(main())
