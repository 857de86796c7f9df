"""Arithmetic that methods share."""

import pytest
from fakes import make_completion, make_prompt
from hypothesis import given
from hypothesis import strategies as st

from raylign.methods.selection import centered, log_ratio, raw_reward
from raylign.types import Sample


@given(st.floats(-1e12, 1e12), st.integers(1, 40))
def test_equal_values_are_centered_to_exactly_nothing(value: float, count: int) -> None:
    assert centered([value] * count) == [0.0] * count


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_what_is_centered_keeps_its_order_and_sums_to_nothing(values: list[float]) -> None:
    less = centered(values)
    assert sum(less) == pytest.approx(0.0, abs=1e-6)
    assert [value for _, value in sorted(zip(values, less, strict=True))] == sorted(less)


def test_nothing_is_centered_to_nothing() -> None:
    assert centered([]) == []


def test_a_log_ratio_sums_over_the_response_and_is_not_divided_by_its_length() -> None:
    short, long = (
        make_completion(make_prompt(), index, tokens=tokens, logprob=-1.0) for index, tokens in ((0, 2), (1, 6))
    )
    scores = {short.key: (-1.5, -2.0), long.key: (-1.25,) * 6}
    assert log_ratio(Sample(completion=short, verdicts=()), scores) == 1.5
    assert log_ratio(Sample(completion=long, verdicts=()), scores) == 1.5


def test_a_sample_that_was_chosen_for_its_reward_has_one() -> None:
    chosen = Sample(completion=make_completion(make_prompt()), verdicts=(), reward=0.0)
    assert raw_reward(chosen) == 0.0
    with pytest.raises(AssertionError):
        raw_reward(Sample(completion=chosen.completion, verdicts=()))
