"""The trainer against plain PyTorch, against itself cut differently, and against itself resumed."""

import dataclasses
from pathlib import Path

import pytest
import torch
from depths import proof
from training_cases import (
    assert_close,
    assert_same_bits,
    make_examples,
    make_job,
    make_trainer,
    metrics,
    plain_steps,
    take_steps,
    weights,
)
from transformers import AutoModelForCausalLM, AutoTokenizer

from actors.scoring.reference import ReferenceWorker
from benchmarks.tiny_models import make_policy
from raylign.errors import Diverged, NothingToTrain
from raylign.loop.schedule import learning_rate

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


@pytest.mark.parametrize("stage", [0, 1, 3])
def test_steps_are_those_of_plain_pytorch(model: Path, stage: int) -> None:
    job = make_job(model, zero_stage=stage, weight_decay=0.1)
    rates = [learning_rate(job.trainer, step=step, steps=job.steps) for step in range(3)]
    expected, norms = plain_steps(job, [make_examples(step) for step in range(3)], rates)
    trainer = make_trainer(job)
    stats = take_steps(trainer, range(3))
    assert [s.grad_norm for s in stats] == pytest.approx(norms, rel=1e-5)
    assert [s.learning_rate for s in stats] == rates
    assert_close(weights(trainer), {name: tensor.detach() for name, tensor in expected.items()}, 2e-6)


def test_large_gradients_that_are_not_clipped_are_those_of_plain_pytorch(model: Path) -> None:
    """AdamW's step hardly feels a gradient's scale; its norm does."""
    job = make_job(model, max_grad_norm=1e6)
    _, norms = plain_steps(job, [make_examples(0)], [1e-3])
    assert take_steps(make_trainer(job), range(1))[0].grad_norm == pytest.approx(norms[0], rel=1e-5)


@pytest.mark.parametrize(
    ("stage", "lora"),
    [
        (1, None),
        (2, None),
        (3, {"rank": 4}),
        proof(0, None),
        proof(3, None),
        proof(1, {"rank": 4}),
    ],
)
def test_microbatches_do_not_matter(model: Path, stage: int, lora: dict[str, int] | None) -> None:
    job = make_job(model, zero_stage=stage, lora=lora)
    whole, cut = make_trainer(job), make_trainer(job)
    ones, many = take_steps(whole, range(2)), take_steps(cut, range(2), budget=80)
    assert [s.microbatches for s in ones] == [1, 1]
    assert all(s.microbatches >= 3 for s in many)
    for one, more in zip(ones, many, strict=True):
        assert more.loss == pytest.approx(one.loss, rel=1e-5)
        assert more.loss_by_task == pytest.approx(one.loss_by_task, rel=1e-5)
        assert metrics(more) == pytest.approx(metrics(one), rel=1e-5)
        assert set(metrics(one)) == {("paired", "margin"), ("paired", "accuracy"), ("paired", "nll")}
        assert more.grad_norm == pytest.approx(one.grad_norm, rel=1e-5)
        assert more.tokens == one.tokens
    assert_close(weights(cut), weights(whole), 1e-5)


def test_loss_is_the_weighted_sum_of_the_tasks(model: Path) -> None:
    (stats,) = take_steps(make_trainer(make_job(model)), range(1))
    assert stats.loss == pytest.approx(2.0 * stats.loss_by_task["alone"] + stats.loss_by_task["paired"], rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_empty_microbatches_change_nothing(model: Path, dtype: str) -> None:
    plain, idle = (make_trainer(make_job(model, dtype=dtype)) for _ in range(2))
    plain.step(0, [make_examples(0)])
    idle.step(0, [[], make_examples(0), []])
    assert_same_bits(weights(idle), weights(plain))


def test_gap_counts_fresh_examples_only(model: Path) -> None:
    trainer = make_trainer(make_job(model))
    fresh, stale = make_examples(0)[:2]
    (logprobs,) = trainer.score([fresh.sequences[0]])
    gaps = [abs(a - b) for a, b in zip(logprobs, fresh.sequences[0].behavior, strict=True)]
    stats = trainer.step(0, [[fresh, dataclasses.replace(stale, staleness=1)]])
    assert stats.logprob_gap_max == pytest.approx(max(gaps), rel=1e-5)
    assert stats.logprob_gap_mean == pytest.approx(sum(gaps) / len(gaps), rel=1e-5)


def test_gradient_checkpointing_changes_nothing_but_memory(model: Path) -> None:
    plain, checkpointed = (make_trainer(make_job(model, gradient_checkpointing=on)) for on in (False, True))
    take_steps(plain, range(1)), take_steps(checkpointed, range(1))
    assert_close(weights(checkpointed), weights(plain), 1e-5)


def test_dropout_is_off(tmp_path: Path) -> None:
    noisy = make_policy(tmp_path, architecture="gpt2", attn_pdrop=0.5, resid_pdrop=0.5, embd_pdrop=0.5)
    one, two = (take_steps(make_trainer(make_job(noisy)), range(1))[0] for _ in range(2))
    assert one.loss == two.loss


@pytest.mark.parametrize("stage", [0, 1, 3])
def test_a_loss_that_is_not_finite_changes_no_weight(model: Path, stage: int) -> None:
    trainer = make_trainer(make_job(model, zero_stage=stage))
    before = weights(trainer)
    poisoned = [dataclasses.replace(example, coefficient=3e38) for example in make_examples(0)[:1]]
    with pytest.raises(Diverged, match=r"task 'alone' is (inf|-inf|nan) at step 4"):
        trainer.step(4, [poisoned])
    assert_same_bits(weights(trainer), before)
    with pytest.raises(Diverged, match="start a new trainer"):
        trainer.step(5, [make_examples(0)])


@pytest.mark.parametrize(
    ("stage", "dtype"), [(0, "float32"), (1, "float32"), (2, "float32"), (3, "float32"), (1, "bfloat16")]
)
def test_a_norm_that_overflows_is_seen_before_the_update(model: Path, stage: int, dtype: str) -> None:
    trainer = make_trainer(make_job(model, zero_stage=stage, dtype=dtype))
    before = weights(trainer)
    # The loss is finite, its gradient is not, once layers have enlarged it.
    fresh = next(example for example in make_examples(0) if len(example.sequences[0].response_ids) == 1)
    large = [dataclasses.replace(fresh, task="alone", sequences=fresh.sequences[:1], coefficient=3e37, weight=1.0)]
    with pytest.raises(Diverged, match=r"norm is (inf|nan) at step 7 \(tasks alone\)"):
        trainer.step(7, [large])
    assert_same_bits(weights(trainer), before)


def test_a_step_without_examples_is_refused(model: Path) -> None:
    with pytest.raises(NothingToTrain, match="step 3"):
        make_trainer(make_job(model)).step(3, [[]])


@pytest.mark.parametrize("lora", [None, {"rank": 4}])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_saved_policy_loads_with_plain_transformers(
    model: Path, tmp_path: Path, dtype: str, lora: dict[str, int] | None
) -> None:
    trainer = make_trainer(make_job(model, dtype=dtype, lora=lora))
    take_steps(trainer, range(2))
    trainer.save(tmp_path)
    policy = tmp_path / "policy"
    loaded = AutoModelForCausalLM.from_pretrained(policy)
    assert loaded.dtype == getattr(torch, dtype)
    assert_same_bits(loaded.state_dict(), weights(trainer))
    assert AutoTokenizer.from_pretrained(policy).chat_template
    assert loaded.generation_config.eos_token_id == 1


def test_reference_of_the_same_weights_agrees(model: Path) -> None:
    trainer = make_trainer(make_job(model))
    sequences = [s for example in make_examples(5) for s in example.sequences]
    reference = ReferenceWorker(
        model=str(model), dtype="float32", temperature=0.9, tokens_per_microbatch=200, device="cpu", threads=1
    )
    scores = reference.score([(s.prompt_ids, s.response_ids) for s in sequences])
    for one, other in zip(trainer.score(sequences), scores, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
