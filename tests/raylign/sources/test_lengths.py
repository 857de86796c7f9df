"""Lengths as numbers and bars: none is lost, whatever they are."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raylign.sources.lengths import BARS, Bar, Lengths


def counted(*lengths):
    made = Lengths()
    for length in lengths:
        made.add(length)
    return made


def test_quantiles_and_bars_by_hand():
    made = counted(*range(1, 101))
    assert [made.quantile(share) for share in (0, 0.5, 0.9, 1)] == [1, 50, 90, 100]
    assert made.bars() == [
        Bar(0, 19, 19), Bar(20, 39, 20), Bar(40, 59, 20), Bar(60, 79, 20), Bar(80, 99, 20), Bar(100, 100, 1)
    ]  # fmt: skip


def test_one_long_document_has_a_bar_of_its_own():
    made = counted(*[10] * 300, *[12] * 300, 100_000)
    assert made.bars() == [Bar(10, 10, 300), Bar(11, 11, 0), Bar(12, 12, 300), Bar(13, 100_000, 1)]
    assert made.to_dict()["median"] == 12


def test_of_nothing_there_is_nothing():
    assert counted().to_dict() == {"histogram": []}


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_every_prompt_is_in_one_bar(lengths):
    bars = counted(*lengths).bars()
    assert [bar.count for bar in bars] == [sum(bar.low <= one <= bar.high for one in lengths) for bar in bars]
    assert sum(bar.count for bar in bars) == len(lengths)
    assert len(bars) <= BARS + 2
    assert all(before.high + 1 == bar.low for before, bar in pairwise(bars))


@given(st.lists(st.integers(0, 100), min_size=1), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_a_quantile_is_the_least_that_so_many_do_not_pass(lengths, share):
    found = counted(*lengths).quantile(share)
    least = min(one for one in lengths if sum(other <= one for other in lengths) >= share * len(lengths))
    assert found == least


def test_a_length_that_is_far_away_costs_no_memory():
    assert counted(1, 10**12).bars()[-1].count == pytest.approx(1)
