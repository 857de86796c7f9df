"""Tokens per second of a finetuning step against a bare PyTorch loop on the same microbatches and AdamW, by turns;
and how much of the step is padding, beside rows in the order they come."""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from actors.loading import load_policy
from benchmarks import models, our_side
from benchmarks.training import MAX_GRAD_NORM, by_turns, one_rank
from raylign.loop.packing import Shape, cut, pack
from raylign.spec import Job, parse_job
from raylign.types import Example
from raylign.types import Sequence as TokenSequence

DEMONSTRATIONS, BUDGET = 64, 2048
LONGEST = 400
"""Tokens of a demonstration; half of them have a fifth of it or less."""
IGNORED = -100
"""The label that cross-entropy leaves out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=models.SHAPES, action="append", help="default: 3m and 135m")
    parser.add_argument("--rounds", type=int, help="counted steps of each side; default: 10, for 135m 2")
    parser.add_argument("--cpu-time", action="store_true", help="one thread, and its own seconds: for a busy machine")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{'model':6} {'ours tokens/s':>14} {'bare tokens/s':>14} {'ratio':>6} {'padding':>8} {'as they come':>13}")
    rows = []
    for shape in options.shape or ("3m", "135m"):
        with tempfile.TemporaryDirectory() as directory:
            rounds = options.rounds or (2 if shape == "135m" else 10)
            rows.append(compare(shape, rounds, Path(directory), cpu_time=options.cpu_time))
        print(
            "{shape:6} {ours:14.0f} {bare:14.0f} {ratio:6.2f} {padding:8.1%} {as_they_come:13.1%}".format(**rows[-1]),
            flush=True,
        )
    our_side.dump(options.json, rows)


def compare(shape: str, rounds: int, directory: Path, *, cpu_time: bool) -> dict[str, Any]:
    """Both sides in this process, by turns; each side's first step is not counted."""
    torch.set_num_threads(1 if cpu_time else os.cpu_count() or 1)
    model = models.save_policy(shape, directory / "policy")
    examples = make_examples(models.SHAPES[shape]["vocab_size"])
    job = make_job(model)
    (microbatches,) = pack(examples, ranks=1, tokens_per_microbatch=BUDGET, layout=job.layout)
    trainer = one_rank(job)
    try:
        stats = trainer.step(0, microbatches)
        sides = {"ours": lambda: trainer.step(0, microbatches).loss, "bare": bare_steps(model, microbatches)}
        sides["bare"]()
        tokens = sum(len(one) for example in examples for one in example.sequences)
        rates = by_turns(sides, rounds, tokens=tokens, clock=time.process_time if cpu_time else time.perf_counter)
    finally:
        trainer.shutdown()
    return {"shape": shape, **rates, "padding": stats.padding, "as_they_come": unsorted_padding(examples)}


def make_job(model: Path) -> Job:
    return parse_job(
        {
            "kind": "sft",
            "name": "sft",
            "steps": 10_000,
            "policy": {"model": str(model), "dtype": "float32"},
            "tasks": [{"name": "task", "prompts": {"path": "prompts"}, "prompts_per_step": DEMONSTRATIONS}],
            "rollout": {"max_tokens": LONGEST},
            "trainer": {"tokens_per_microbatch": BUDGET, "max_grad_norm": MAX_GRAD_NORM},
        }
    )


def make_examples(vocabulary: int) -> list[Example]:
    """A step of random tokens; lengths as real demonstrations have them, many short and a few long."""
    rng = random.Random(0)

    def tokens(count: float) -> tuple[int, ...]:
        return tuple(rng.randrange(2, vocabulary) for _ in range(max(1, min(LONGEST // 2, round(count)))))

    written = [
        TokenSequence(
            prompt_ids=tokens(rng.lognormvariate(3.3, 0.8)),
            response_ids=tokens(rng.lognormvariate(3.9, 0.8)),
            behavior=(),
            reference=(),
        )
        for _ in range(DEMONSTRATIONS)
    ]
    total = sum(len(one.response_ids) for one in written)
    return [Example(task="task", sequences=(one,), weight=1 / total, staleness=None) for one in written]


def unsorted_padding(examples: Sequence[Example]) -> float:
    """Share of padding where rows fill batches of the same budget in the order in which they come."""
    shapes = [Shape(rows=1, prompt=0, response=len(example.sequences[0])) for example in examples]
    area = sum(len(run) * max(shapes[at].response for at in run) for run in cut(shapes, BUDGET))
    return 1 - sum(shape.area for shape in shapes) / area


def bare_steps(model: Path, microbatches: Sequence[Sequence[Example]]) -> Callable[[], float]:
    """The same step as a PyTorch user writes it."""
    policy = load_policy(str(model), dtype="float32", device="cpu").train()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-6, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    batches = [_labelled(microbatch) for microbatch in microbatches]
    answered = sum(int((labels != IGNORED).sum()) for _, _, labels in batches)

    def step() -> float:
        total = 0.0
        for ids, mask, labels in batches:
            logits = policy(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1]
            loss = F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum")
            (loss / answered).backward()
            total += float(loss.detach()) / answered
        torch.nn.utils.clip_grad_norm_(policy.parameters(), MAX_GRAD_NORM)
        optimizer.step()
        optimizer.zero_grad()
        return total

    return step


def _labelled(microbatch: Sequence[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = [example.sequences[0] for example in microbatch]
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    for at, row in enumerate(rows):
        ids[at, : len(row)], mask[at, : len(row)] = torch.tensor([*row.prompt_ids, *row.response_ids]), 1
        labels[at, len(row.prompt_ids) : len(row)] = torch.tensor(row.response_ids)
    return ids, mask, labels


if __name__ == "__main__":
    main()
