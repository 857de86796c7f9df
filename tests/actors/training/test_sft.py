"""Supervised finetuning by the trainer, against a loop as a PyTorch user writes it, on the same batches."""

import random
from collections.abc import Sequence as Items
from pathlib import Path

import pytest
import torch
from sft_job import sft_job
from torch.nn import functional as F  # noqa: N812
from training_cases import assert_close, make_trainer, weights
from transformers import AutoModelForCausalLM

from raylign.loop.packing import pack
from raylign.loop.schedule import learning_rate
from raylign.spec import Job
from raylign.types import Example, Sequence

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]
STEPS = 4


def make_job(model: Path, **trainer: object) -> Job:
    rates = {"learning_rate": 1e-3, "weight_decay": 0.1, "tokens_per_microbatch": 60}
    return sft_job(policy={"model": str(model), "dtype": "float32"}, steps=STEPS, trainer={**rates, **trainer})


def make_batch(seed: int) -> list[Example]:
    """Demonstrations of unequal prompts and answers, every token alike."""
    rng = random.Random(seed)

    def tokens(longest: int) -> tuple[int, ...]:
        return tuple(rng.randrange(4, 90) for _ in range(rng.randint(1, longest)))

    written = [Sequence(prompt_ids=tokens(12), response_ids=tokens(9), behavior=(), reference=()) for _ in range(12)]
    total = sum(len(sequence.response_ids) for sequence in written)
    return [Example(task="talk", sequences=(one,), weight=1 / total, staleness=None) for one in written]


def bare_loop(job: Job, batches: Items[Items[Example]]) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Mean cross-entropy of the answers' tokens, all of a batch in one padded pass."""
    model = AutoModelForCausalLM.from_pretrained(job.policy.model, dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), betas=job.trainer.betas, weight_decay=job.trainer.weight_decay)
    losses = []
    for step, batch in enumerate(batches):
        rows = [(one.sequences[0].prompt_ids, one.sequences[0].response_ids) for one in batch]
        width = max(len(prompt) + len(answer) for prompt, answer in rows)
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
        for row, (prompt, answer) in enumerate(rows):
            end = len(prompt) + len(answer)
            ids[row, :end], mask[row, :end] = torch.tensor([*prompt, *answer]), 1
            labels[row, len(prompt) : end] = torch.tensor(answer)
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
        loss = F.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), job.trainer.max_grad_norm)
        optimizer.param_groups[0]["lr"] = learning_rate(job.trainer, step=step, steps=job.steps)
        optimizer.step()
        losses.append(loss.item())
    return losses, {name: tensor.detach() for name, tensor in model.named_parameters()}


@pytest.mark.parametrize("stage", [0, 3])
def test_losses_and_weights_are_those_of_a_bare_loop(model: Path, stage: int) -> None:
    job = make_job(model, zero_stage=stage)
    batches = [make_batch(seed) for seed in range(STEPS)]
    expected, after = bare_loop(job, batches)
    trainer = make_trainer(job)
    stats = []
    for step, batch in enumerate(batches):
        (microbatches,) = pack(batch, ranks=1, tokens_per_microbatch=60, layout=job.layout)
        stats.append(trainer.step(step, microbatches))
    assert [one.loss for one in stats] == pytest.approx(expected, rel=1e-5)
    assert [one.metrics_by_task["talk"]["nll"] for one in stats] == pytest.approx(expected, rel=1e-5)
    assert all(one.padding <= 0.05 for one in stats)
    assert all(one.microbatches > 1 for one in stats)
    assert_close(weights(trainer), after, 1e-5)
