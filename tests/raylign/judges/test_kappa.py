"""Kappa against numbers worked out by hand, and its interval against the delta method done numerically."""

import math
from itertools import product

import pytest

from raylign.interval import Z
from raylign.judges.kappa import kappa

PAIRS = list(product((True, False), repeat=2))


def counts(*values: int) -> dict[tuple[bool, bool], int]:
    """Both satisfied, ours alone, theirs alone, neither."""
    return dict(zip(PAIRS, values, strict=True))


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (counts(20, 5, 10, 15), 0.4),  # 35 of 50 agree, 25 by chance
        (counts(45, 15, 25, 15), 0.13043478),  # 0.6 agree, 0.54 by chance
        (counts(5, 0, 0, 5), 1.0),
        (counts(0, 5, 5, 0), -1.0),
        (counts(25, 25, 25, 25), 0.0),
    ],
)
def test_values_worked_out_by_hand(table: dict[tuple[bool, bool], int], value: float) -> None:
    found = kappa(table)
    assert found is not None
    assert found[0] == pytest.approx(value)
    assert found[1][0] <= found[0] <= found[1][1]


def of_shares(shares: list[float]) -> float:
    both, ours, theirs, _ = shares
    first, second, total = both + ours, both + theirs, sum(shares)
    chance = (first * second + (total - first) * (total - second)) / total**2
    return ((both + shares[3]) / total - chance) / (1 - chance)


@pytest.mark.parametrize("table", [counts(20, 5, 10, 15), counts(118, 5, 2, 10), counts(3, 1, 1, 40)])
def test_the_interval_is_that_of_the_delta_method(table: dict[tuple[bool, bool], int]) -> None:
    """Its variance is that of kappa's slope over a multinomial sample: found here by moving each share a little."""
    total = sum(table.values())
    shares = [table[pair] / total for pair in PAIRS]
    slopes = []
    for at in range(4):
        up, down = list(shares), list(shares)
        up[at] += 1e-6
        down[at] -= 1e-6
        slopes.append((of_shares(up) - of_shares(down)) / 2e-6)
    mean = sum(share * slope for share, slope in zip(shares, slopes, strict=True))
    variance = sum(share * slope**2 for share, slope in zip(shares, slopes, strict=True)) - mean**2
    reach = Z * math.sqrt(variance / total)
    found = kappa(table)
    assert found is not None
    assert found[1] == pytest.approx((max(-1, found[0] - reach), min(1, found[0] + reach)), abs=1e-6)


@pytest.mark.parametrize("table", [{}, counts(0, 0, 0, 0), counts(7, 0, 0, 0), counts(0, 0, 0, 3)])
def test_where_there_is_one_word_there_is_nothing_to_tell_by(table: dict[tuple[bool, bool], int]) -> None:
    assert kappa(table) is None
