"""Weighted sums of rewards."""

import pytest

from raylign.rewards.model import ModelReward
from raylign.rewards.rules import RulesReward
from raylign.rewards.sum import SumReward

MIXED = SumReward(of=(RulesReward(), ModelReward(model="tiny/helpfulness", weight=-0.25)), weight=2.0)


def test_it_is_its_parts_each_times_its_weight():
    assert MIXED.total([0.5, 4.0]) == 2.0 * (0.5 - 0.25 * 4.0)
    assert [part.label for part in MIXED.parts()] == ["rules", "model"]
    assert MIXED.summary == "rules + -0.25 helpfulness"


def test_it_hears_judges_where_a_part_does():
    assert MIXED.hears_judges
    assert not SumReward(of=(ModelReward(model="m"),)).hears_judges


def test_two_parts_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two parts of the reward are called 'mine'"):
        SumReward(of=(RulesReward(name="mine"), ModelReward(model="m", name="mine")))
