"""An update rehearsed: the norm of each task's own gradient, and not one bit of the training besides."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from depths import proof
from training_cases import make_examples, make_job, make_trainer, plain_steps, weights

from actors.training.trainer import PolicyTrainer
from raylign.errors import Diverged
from raylign.loop.packing import pack
from raylign.types import Example

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


def microbatches(examples: list[Example]) -> list[list[Example]]:
    return pack(examples, ranks=1, tokens_per_microbatch=100)[0]


def of_task(examples: list[Example], task: str) -> list[Example]:
    return [example for example in examples if example.task == task]


def state(trainer: PolicyTrainer) -> list[Any]:
    """All that a checkpoint holds of a rank: weights, moments, counts, random numbers."""
    moments = [value for state in trainer._optimizer.state.values() for value in state.values()]
    engine = trainer._engine
    counts = [engine.global_steps, engine.global_samples, engine.micro_steps, engine.skipped_steps]
    tensors = [*weights(trainer).values(), *map(torch.as_tensor, moments), torch.get_rng_state()]
    return [*(tensor.clone().view(-1).tolist() for tensor in tensors), counts]


@pytest.mark.parametrize(
    ("stage", "dtype", "lora"),
    [
        (0, "float32", None),
        (1, "bfloat16", None),
        (2, "float32", None),
        (3, "float32", {"rank": 4}),
        proof(1, "float32", None),
        proof(3, "float32", None),
        proof(1, "float32", {"rank": 4}),
    ],
)
def test_measuring_changes_not_one_bit_of_the_training(
    model: Path, stage: int, dtype: str, lora: dict[str, int] | None
) -> None:
    plain, measured = (
        make_trainer(make_job(model, zero_stage=stage, dtype=dtype, lora=lora, task_norms_every=every))
        for every in (0, 1)
    )
    for step in range(2):
        expected, stats = (trainer.step(step, microbatches(make_examples(step))) for trainer in (plain, measured))
        assert set(stats.grad_norm_by_task) == {"alone", "paired"}
        assert expected.grad_norm_by_task == {}
        assert dataclasses.replace(stats, grad_norm_by_task={}) == expected
    assert state(measured) == state(plain)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_a_tasks_norm_is_that_of_plain_pytorch_on_the_task_alone(model: Path, stage: int) -> None:
    job = make_job(model, zero_stage=stage, task_norms_every=1)
    stats = make_trainer(job).step(0, microbatches(make_examples(0)))
    for task in ("alone", "paired"):
        _, (norm,) = plain_steps(job, [of_task(make_examples(0), task)], [1e-3])
        assert stats.grad_norm_by_task[task] == pytest.approx(norm, rel=1e-5)


def test_a_tasks_norm_is_that_of_a_run_on_the_task_alone(model: Path) -> None:
    job = make_job(model, lora={"rank": 4}, task_norms_every=1)
    stats = make_trainer(job).step(0, microbatches(make_examples(0)))
    for task in ("alone", "paired"):
        alone = make_trainer(job).step(0, microbatches(of_task(make_examples(0), task)))
        assert stats.grad_norm_by_task[task] == pytest.approx(alone.grad_norm, rel=1e-5)
        assert alone.grad_norm_by_task == {task: alone.grad_norm}


def test_norms_are_measured_when_they_are_due(model: Path) -> None:
    trainer = make_trainer(make_job(model, task_norms_every=2))
    stats = [trainer.step(step, [make_examples(step)]) for step in range(3)]
    assert [bool(s.grad_norm_by_task) for s in stats] == [True, False, True]
    assert stats[0].task_norms_s > 0


@pytest.mark.parametrize("stage", [0, 1, 3])
def test_a_task_whose_norm_overflows_is_named(model: Path, stage: int) -> None:
    trainer = make_trainer(make_job(model, zero_stage=stage, task_norms_every=1))
    before = state(trainer)
    fine = make_examples(0)
    fresh = next(example for example in fine if len(example.sequences[0].response_ids) == 1)
    large = dataclasses.replace(fresh, task="alone", sequences=fresh.sequences[:1], coefficient=3e37, weight=1.0)
    with pytest.raises(Diverged, match=r"norm is (inf|nan) at step 0 \(tasks alone\)"):
        trainer.step(0, [[large, *of_task(fine, "paired")]])
    assert state(trainer)[:-1] == before[:-1]  # but for the count of skipped steps
