"""What DeepSpeed is asked to do: steps, resumed state, ranks."""

from pathlib import Path

import pytest
import torch
from deepspeed.runtime.zero.config import DeepSpeedZeroConfig
from depths import proof
from training_cases import (
    assert_close,
    assert_same_bits,
    make_job,
    make_trainer,
    take_steps,
    weights,
)

from raylign.errors import CheckpointError
from raylign.spec.zero import DECIDED, Zero

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


@pytest.mark.parametrize(
    ("stage", "dtype", "lora"),
    [
        (0, "float32", None),
        (1, "bfloat16", {"rank": 4}),
        (2, "float32", None),
        (3, "float32", None),
        (3, "float32", {"rank": 4}),
        (3, "bfloat16", {"rank": 4}),
        proof(1, "float32", None),
        proof(1, "bfloat16", None),
        proof(1, "float32", {"rank": 4}),
        proof(2, "float32", {"rank": 4}),
    ],
)
def test_resumed_is_uninterrupted_bit_for_bit(
    model: Path, tmp_path: Path, stage: int, dtype: str, lora: dict[str, int] | None
) -> None:
    job = make_job(model, dtype=dtype, lora=lora, zero_stage=stage)
    straight = make_trainer(job)
    expected = take_steps(straight, range(3), budget=100)

    first = make_trainer(job)
    take_steps(first, range(2), budget=100)
    torch.rand(5)
    first.save(tmp_path)
    random_next = torch.rand(3)
    first.shutdown()
    second = make_trainer(job)
    second.load(tmp_path)
    assert torch.equal(torch.rand(3), random_next)
    resumed = take_steps(second, range(2, 3), budget=100)

    assert resumed == expected[2:]
    assert_same_bits(weights(second), weights(straight))
    states = [dict(trainer._optimizer.state) for trainer in (second, straight)]
    for one, other in zip(*(state.values() for state in states), strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(torch.as_tensor(one[key]), torch.as_tensor(other[key])) for key in one)


@pytest.mark.parametrize(
    ("stage", "dtype", "offload"),
    [
        (1, "float32", {"optimizer": "cpu"}),
        (2, "bfloat16", {"optimizer": "cpu"}),
        (3, "float32", {"optimizer": "cpu", "parameters": "cpu"}),
        proof(1, "bfloat16", {"optimizer": "cpu"}),
        proof(2, "float32", {"optimizer": "cpu"}),
        proof(3, "bfloat16", {"optimizer": "cpu"}),
        proof(3, "bfloat16", {"parameters": "cpu"}),
    ],
)
def test_what_is_offloaded_is_trained_to_the_same_bits(
    model: Path, stage: int, dtype: str, offload: dict[str, str]
) -> None:
    """Where no gradient is clipped: norms are summed in another order there, and scale what they clip."""
    plain, offloaded = (
        make_trainer(
            make_job(model, dtype=dtype, zero_stage=stage, max_grad_norm=1e6, task_norms_every=1, offload=given)
        )
        for given in (None, offload)
    )
    ours, theirs = (take_steps(trainer, range(2), budget=100) for trainer in (plain, offloaded))
    assert_same_bits(weights(offloaded), weights(plain))
    for one, other in zip(ours, theirs, strict=True):
        assert other.loss == one.loss
        norms = [one.grad_norm, *one.grad_norm_by_task.values()]
        assert [other.grad_norm, *other.grad_norm_by_task.values()] == pytest.approx(norms, rel=1e-6)
    assert ours[0].grad_norm_by_task  # rehearsed updates as well
    config = offloaded._engine._config.zero_config
    kept = {"optimizer": config.offload_optimizer, "parameters": config.offload_param}
    assert {part: one.device for part, one in kept.items() if one} == offload


def test_offloaded_gradients_that_are_clipped_are_so_to_the_last_digits(model: Path) -> None:
    plain, offloaded = (
        make_trainer(make_job(model, zero_stage=3, offload=given)) for given in (None, {"optimizer": "cpu"})
    )
    take_steps(plain, range(2)), take_steps(offloaded, range(2))
    assert_close(weights(offloaded), weights(plain), 1e-6)


def test_offloaded_training_resumes_bit_for_bit(model: Path, tmp_path: Path) -> None:
    job = make_job(model, zero_stage=3, offload={"optimizer": "cpu", "parameters": "cpu"})
    straight, resumed = make_trainer(job), make_trainer(job)
    take_steps(straight, range(1))
    straight.save(tmp_path)
    expected = take_steps(straight, range(1, 2))
    resumed.load(tmp_path)
    assert take_steps(resumed, range(1, 2)) == expected
    assert_same_bits(weights(resumed), weights(straight))


NUMBERS = {
    **{"sub_group_size": 3000, "reduce_bucket_size": 2000, "overlap_comm": True, "contiguous_gradients": False},
    **{"stage3_max_live_parameters": 5000, "stage3_param_persistence_threshold": 10, "stage3_prefetch_bucket_size": 0},
}


def test_deepspeed_is_told_its_own_numbers(model: Path) -> None:
    plain, told = (make_trainer(make_job(model, zero_stage=3, zero=given)) for given in ({}, NUMBERS))
    heard = told._engine._config.zero_config.model_dump(by_alias=True)
    assert {key: heard[key] for key in NUMBERS} == NUMBERS
    take_steps(plain, range(2)), take_steps(told, range(2))
    assert_close(weights(told), weights(plain), 1e-5)


def test_of_every_key_of_deepspeed_s_it_is_known_whose_it_is() -> None:
    """A version of DeepSpeed that has another is looked at before it is used."""
    theirs = {field.alias or name for name, field in DeepSpeedZeroConfig.model_fields.items()}
    assert Zero.model_fields.keys() | DECIDED.keys() == theirs
    assert not Zero.model_fields.keys() & DECIDED.keys()


def test_a_directory_without_trainer_state_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no trainer state"):
        make_trainer(make_job(model)).load(tmp_path)
