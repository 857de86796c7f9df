import pytest

from raylign.loop.schedule import learning_rate
from raylign.spec.parts import Schedule, TrainerSpec


def rates(steps: int, **schedule: object) -> list[float]:
    """In halves of the peak."""
    trainer = TrainerSpec(learning_rate=0.5, schedule=Schedule.model_validate(schedule))
    return [4 * learning_rate(trainer, step=step, steps=steps) for step in range(steps)]


def test_constant_after_warm_up() -> None:
    assert rates(4, warmup_steps=2) == [1.0, 2.0, 2.0, 2.0]


def test_linear_falls_in_equal_steps() -> None:
    assert rates(6, type="linear", warmup_steps=2) == [1.0, 2.0, 2.0, 1.5, 1.0, 0.5]


def test_linear_falls_to_its_final_share() -> None:
    assert rates(2, type="linear", final=0.5) == [2.0, 1.5]


def test_cosine_is_half_way_in_the_middle() -> None:
    assert rates(4, type="cosine") == pytest.approx([2.0, 1 + 0.5**0.5, 1.0, 1 - 0.5**0.5])


def test_warm_up_longer_than_the_run_only_rises() -> None:
    assert rates(2, type="cosine", warmup_steps=4) == [0.5, 1.0]
