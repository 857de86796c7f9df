"""What DeepSpeed is asked to do: steps, resumed state, ranks."""

from pathlib import Path

import pytest
import torch
from depths import proof
from training_cases import (
    assert_same_bits,
    make_job,
    make_trainer,
    take_steps,
    weights,
)

from raylign.errors import CheckpointError

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


def test_a_directory_without_trainer_state_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no trainer state"):
        make_trainer(make_job(model)).load(tmp_path)
