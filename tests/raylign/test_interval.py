"""Against values that others worked out."""

import math

import pytest

from raylign.interval import newcombe, paired, wilson


@pytest.mark.parametrize(
    ("share", "prompts", "expected"),
    [
        (81 / 263, 263, (0.2553, 0.3662)),  # Newcombe 1998 (shares), table I, method 3
        (15 / 148, 148, (0.0624, 0.1605)),
        (0 / 20, 20, (0.0, 0.1611)),
        (1 / 29, 29, (0.0061, 0.1718)),
        (1.0, 20, (0.8389, 1.0)),
    ],
)
def test_the_interval_of_a_share(share, prompts, expected):
    assert wilson(share, prompts) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("before", "after", "prompts", "expected"),
    [
        (48 / 80, 56 / 70, (80, 70), (0.0524, 0.3339)),  # Newcombe 1998 (differences), table II, method 10
        (3 / 10, 9 / 10, (10, 10), (0.1705, 0.8090)),
        (0 / 10, 10 / 10, (10, 10), (0.6075, 1.0)),
    ],
)
def test_the_interval_of_a_change(before, after, prompts, expected):
    assert newcombe(before, after, prompts) == pytest.approx(expected, abs=5e-5)
    low, high = newcombe(after, before, prompts[::-1])
    assert (-high, -low) == pytest.approx(expected, abs=5e-5)


def test_of_nothing_there_is_no_interval():
    assert wilson(None, 5) is None
    assert wilson(0.5, 0) is None
    assert newcombe(0.5, None, (5, 5)) is None
    assert newcombe(0.5, 0.6, (5, None)) is None


def test_a_mean_of_changes_is_bounded_by_their_own_spread():
    low, high = paired([1.0, 2.0, 3.0])
    assert (low + high) / 2 == pytest.approx(2.0)
    assert high - 2.0 == pytest.approx(1.959964 / math.sqrt(3))
    assert paired([0.5, 0.5]) == (0.5, 0.5)
    assert paired([1.0]) is None
