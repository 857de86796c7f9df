"""What holds of all rewards, and how their parts come together."""

import math

import pytest
from fakes import make_completion, make_prompt
from hypothesis import given, settings
from reward_laws import RESPONSES, REWARDS, keeps_the_law_of_rewards

from raylign.rewards.model import ModelReward
from raylign.rewards.reward import combine, rate
from raylign.rewards.sum import SumReward
from raylign.types import Rating

PROMPT = make_prompt()
ONE, OTHER = ModelReward(model="org/one", name="one", weight=2.0), ModelReward(model="org/other", name="other")
BOTH = SumReward(of=(ONE, OTHER), weight=0.5)


@pytest.mark.parametrize("reward", REWARDS, ids=lambda reward: reward.summary)
@settings(deadline=None, max_examples=25)
@given(rows=RESPONSES)
def test_every_reward_keeps_the_law(reward, rows):
    keeps_the_law_of_rewards(reward, rows)


def ratings(reward, **said):
    return rate(reward, PROMPT, make_completion(PROMPT), (), said)


def test_a_part_is_rated_as_it_is_and_weighed_when_all_are_there():
    told = ratings(BOTH, one=3.0, other=-1.0)
    assert told == (Rating(reward="one", value=3.0), Rating(reward="other", value=-1.0))
    assert combine(BOTH, told) == 0.5 * (2.0 * 3.0 - 1.0)
    assert combine(ONE, ratings(ONE, one=3.0)) == 6.0


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (1.0, "template", "template"),
        ("template", "crashed", "template"),
        ("template", "too long", "too long"),  # whoever answers at length does not hide behind another part
        (math.nan, 1.0, "not finite"),
        (math.inf, 1.0, "not finite"),
        (1.7e308, 1.0, "not finite"),  # twice that is beyond a float
    ],
)
def test_where_a_part_abstains_the_reward_does_and_says_why(one, other, reason):
    assert combine(BOTH, ratings(BOTH, one=one, other=other)) == reason


def test_a_part_of_which_nobody_spoke_was_not_asked():
    assert combine(BOTH, ratings(BOTH, one=1.0)) == "not asked"
