"""Tokens per second of a training step against a bare PyTorch loop on the same microbatch, loss and AdamW, in turns."""

import argparse
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from actors.loading import load_policy
from actors.training.trainer import PolicyTrainer
from benchmarks import models, our_side
from benchmarks.our_side import Batch
from raylign.spec import Job, parse_job
from raylign.tensors.collate import collate_examples
from raylign.types import Example
from raylign.types import Sequence as TokenSequence

BATCH = Batch(prompts=32, samples=1, tokens=64)
PROMPT_TOKENS = 16
MAX_GRAD_NORM = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=models.SHAPES, action="append", help="default: 3m and 135m")
    parser.add_argument("--rounds", type=int, help="counted steps of each side; default: 20, for 135m 3")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{'model':6} {'ours tokens/s':>14} {'bare tokens/s':>14} {'ratio':>6}")
    rows = []
    for shape in options.shape or ("3m", "135m"):
        with tempfile.TemporaryDirectory() as directory:
            rows.append(compare(shape, options.rounds or (3 if shape == "135m" else 20), Path(directory)))
        print("{shape:6} {ours:14.0f} {bare:14.0f} {ratio:6.2f}".format(**rows[-1]), flush=True)
    our_side.dump(options.json, rows)


def compare(shape: str, rounds: int, directory: Path) -> dict[str, Any]:
    """Both sides in this process, by turns; each side's first step is not counted."""
    torch.set_num_threads(os.cpu_count() or 1)
    model = models.save_policy(shape, directory / "policy")
    examples = make_examples(models.SHAPES[shape]["vocab_size"])
    trainer = our_trainer(model)
    try:
        return {"shape": shape, **_rates(trainer, model, examples, rounds)}
    finally:
        trainer.shutdown()


def _rates(trainer: PolicyTrainer, model: Path, examples: Sequence[Example], rounds: int) -> dict[str, Any]:
    sides = {"ours": lambda: trainer.step(0, [examples]).loss, "bare": bare_steps(model, examples)}
    return by_turns(sides, rounds, tokens=sum(len(one) for example in examples for one in example.sequences))


def by_turns(
    sides: Mapping[str, Callable[[], float]],
    rounds: int,
    *,
    tokens: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """Tokens a second of ``ours`` and of ``bare``, which answer with the loss of a step of so many tokens."""
    losses = {side: step() for side, step in sides.items()}
    if abs(losses["ours"] - losses["bare"]) > 1e-3 * max(1.0, abs(losses["bare"])):
        raise RuntimeError(f"the sides do not train on the same loss: {losses}")
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for turn in range(rounds):
        for side in sorted(sides, reverse=bool(turn % 2)):
            begun = clock()
            sides[side]()
            seconds[side].append(clock() - begun)
    rates = {side: tokens / median(values) for side, values in seconds.items()}
    return {**rates, "ratio": rates["ours"] / rates["bare"], "seconds": seconds}


def make_examples(vocabulary: int) -> list[Example]:
    """A step of random tokens, all of one length."""
    rng = random.Random(0)

    def tokens(count: int) -> tuple[int, ...]:
        return tuple(rng.randrange(2, vocabulary) for _ in range(count))

    zeros = (0.0,) * BATCH.tokens
    return [
        Example(
            task="task",
            sequences=(
                TokenSequence(
                    prompt_ids=tokens(PROMPT_TOKENS), response_ids=tokens(BATCH.tokens), behavior=zeros, reference=zeros
                ),
            ),
            coefficient=rng.gauss(0, 1),
            weight=1 / BATCH.prompts,
        )
        for _ in range(BATCH.prompts)
    ]


def our_trainer(model: Path) -> PolicyTrainer:
    """One rank, as a job of one CRPG task has it."""
    document = our_side.job(
        "crpg", model=model, reward=Path("reward"), prompts=Path("prompts"), batch=BATCH, steps=10_000
    )
    return one_rank(parse_job(document))


def one_rank(job: Job) -> PolicyTrainer:
    """The trainer of a job, in this process."""
    return PolicyTrainer(
        job=job,
        rank=0,
        world_size=1,
        master_addr="127.0.0.1",
        master_port=free_port(),
        device="cpu",
        threads=torch.get_num_threads(),
    )


def bare_steps(model: Path, examples: Sequence[Example]) -> Callable[[], float]:
    """The same step as a PyTorch user writes it."""
    policy = load_policy(str(model), dtype="float32", device="cpu").train()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-6, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    batch = collate_examples(examples)
    advantage_S = torch.tensor([example.coefficient for example in examples])

    def step() -> float:
        logits = policy(
            input_ids=batch.input_ids_SL,
            attention_mask=batch.attention_mask_SL,
            position_ids=batch.position_ids_SL,
            logits_to_keep=BATCH.tokens,
            use_cache=False,
        ).logits
        nll = F.cross_entropy(logits.flatten(0, 1), batch.target_ids_ST.flatten(), reduction="none")
        loss = (advantage_S * (nll.view_as(batch.mask_ST) * batch.mask_ST).sum(-1)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), MAX_GRAD_NORM)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    return step


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()
