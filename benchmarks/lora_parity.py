"""LoRA in bfloat16 after a few steps: do engine, trainer and the saved model hold one policy?"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from actors.sampling.rollout import RolloutWorker
from actors.scoring.reference import ReferenceWorker
from actors.training.trainer import PolicyTrainer
from benchmarks import our_side, parity
from benchmarks.our_side import Batch
from benchmarks.tiny_models import VOCAB_SIZE
from benchmarks.training import free_port, make_examples
from raylign.spec import parse_job
from raylign.spec.parts import RolloutSettings
from raylign.types import Sequence as TokenSequence

LEARNING_RATES = (1e-6, 1e-5, 1e-4)
STEPS = 3
SETTINGS: dict[str, Any] = {"dtype": "bfloat16", "device": "cpu", "threads": 1}
AS_FAR = 1.5
"""How much further apart engine and trainer may be after the steps than before them: both round differently."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", choices=parity.ARCHITECTURES, action="append", help="default: llama, gpt2")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    print(f"{'architecture':16} {'rate':>8} {'moved':>7} {'before':>9} {'after':>9} {'saved':>9}")
    rows: list[dict[str, Any]] = []
    # One engine fits into a process.
    processes = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with tempfile.TemporaryDirectory() as directory, processes:
        for architecture in options.architecture or ("llama", "gpt2"):
            model = parity.policy(Path(directory), architecture, 0)
            for row in processes.submit(compare, architecture, model).result():
                rows.append(row)
                print(
                    "{architecture:16} {learning_rate:8.0e} {moved:7.1%} {before:9.1e} {after:9.1e} "
                    "{saved:9.1e}".format(**row),
                    flush=True,
                )
    our_side.dump(options.json, rows)
    for complaint in (found := above(rows)):
        print(complaint, file=sys.stderr)
    return int(bool(found))


def compare(
    architecture: str, model: Path, engine: Literal["vllm", "transformers"] = "vllm", rates: Sequence[float] = ()
) -> list[dict[str, Any]]:
    """A row for each learning rate. For a process of its own.

    ``moved``: share of the adapted weights that the steps changed. ``before``, ``after``: mean distance between the
    engine's and the trainer's log-prob of a token that the engine sampled. ``saved``: the largest between the trainer's
    and those of the saved model, read by transformers.
    """
    worker = RolloutWorker(model=str(model), rollout=RolloutSettings(memory_gb=0.02, engine=engine), **SETTINGS)
    return [_row(architecture, model, worker, rate) for rate in rates or LEARNING_RATES]


def _row(architecture: str, model: Path, worker: RolloutWorker, rate: float) -> dict[str, Any]:
    trainer = _trainer(model, rate)
    try:
        start = _publish(trainer, worker, 0)
        before, _ = _apart(trainer, worker, 0)
        for step in range(STEPS):
            trainer.step(step, [make_examples(VOCAB_SIZE)])
        end = _publish(trainer, worker, 1)
        after, sequences = _apart(trainer, worker, 1)
        with tempfile.TemporaryDirectory() as directory:
            trainer.save(directory)
            saved = ReferenceWorker(
                model=f"{directory}/policy", temperature=1.0, tokens_per_microbatch=_TOKENS, **SETTINGS
            ).score([(one.prompt_ids, one.response_ids) for one in sequences])
        apart = parity.gap(trainer.score(sequences), saved)
    finally:
        trainer.shutdown()
    return {
        "architecture": architecture, "learning_rate": rate, "moved": _moved(start, end),
        "before": before, "after": after, "saved": apart,
    }  # fmt: skip


def above(rows: Sequence[dict[str, Any]]) -> list[str]:
    """What is not one policy, in words."""
    names = [f"LoRA on {row['architecture']} at learning rate {row['learning_rate']:g}" for row in rows]
    return [
        *(f"{name}: trainer and saved model differ by {row['saved']:.1e}" for name, row in zip(names, rows, strict=True)
          if row["saved"] != 0),
        *(f"{name}: engine and trainer are {row['after']:.1e} apart, {row['before']:.1e} before the steps"
          for name, row in zip(names, rows, strict=True) if not row["after"] <= AS_FAR * row["before"]),
    ]  # fmt: skip


_TOKENS = 600


def _trainer(model: Path, rate: float) -> PolicyTrainer:
    batch = Batch(prompts=1, samples=1, tokens=parity.LONGEST)
    document = our_side.job("crpg", model=model, reward=Path("reward"), prompts=Path("prompts"), batch=batch, steps=9)
    document["policy"] |= {"dtype": "bfloat16", "lora": {"rank": 8}}
    document["trainer"] = {"learning_rate": rate, "tokens_per_microbatch": _TOKENS}
    rank = {"rank": 0, "world_size": 1, "master_addr": "127.0.0.1", "master_port": free_port()}
    return PolicyTrainer(job=parse_job(document), device="cpu", threads=1, **rank)


def _publish(trainer: PolicyTrainer, worker: RolloutWorker, version: int) -> dict[str, Tensor]:
    (update,) = trainer.export(2**62)
    worker.update_weights(update, version, verify_all=True)
    return {name: tensor.clone() for name, tensor in update.tensors() if name.endswith(".weight")}


def _apart(trainer: PolicyTrainer, worker: RolloutWorker, version: int) -> tuple[float, list[TokenSequence]]:
    """Mean distance of log-probs, and what was sampled for it."""
    prompts = parity.make_prompts()
    made = [one for handful in worker.generate(parity.requests(prompts, 1.0), version) for one in handful]
    sequences = [
        TokenSequence(
            prompt_ids=prompts[one.prompt_id].token_ids, response_ids=one.token_ids, behavior=one.logprobs, reference=()
        )
        for one in made
    ]
    trained = [value for row in trainer.score(sequences) for value in row]
    sampled = [value for one in made for value in one.logprobs]
    return float(np.mean(np.abs(np.subtract(trained, sampled)))), sequences


def _moved(start: dict[str, Tensor], end: dict[str, Tensor]) -> float:
    """Of the tensors that adapters may change."""
    adapted = [name for name in end if not torch.equal(start[name], end[name])]
    changed = sum(int((start[name] != end[name]).sum()) for name in adapted)
    return changed / max(1, sum(end[name].numel() for name in adapted))


if __name__ == "__main__":
    sys.exit(main())
