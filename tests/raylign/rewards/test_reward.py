"""What holds of all rewards, and how their parts come together."""

import math
from fractions import Fraction
from typing import Literal

import pytest
from fakes import make_completion, make_prompt
from hypothesis import given
from reward_laws import RESPONSES, REWARDS, keeps_the_law_of_rewards

from raylign.rewards.model import ModelReward
from raylign.rewards.reward import KnownPart, combine, rate
from raylign.rewards.sum import SumReward
from raylign.types import Rating

PROMPT = make_prompt()
ONE, OTHER = ModelReward(model="org/one", name="one", weight=2.0), ModelReward(model="org/other", name="other")
BOTH = SumReward(of=(ONE, OTHER), weight=0.5)


@pytest.mark.parametrize("reward", REWARDS, ids=lambda reward: reward.summary)
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
        (1e200, 1.0, "not finite"),  # and what is so large that sums of it are none
        (-(10**101), 1.0, "not finite"),
    ],
)
def test_where_a_part_abstains_the_reward_does_and_says_why(one, other, reason):
    assert combine(BOTH, ratings(BOTH, one=one, other=other)) == reason


def test_a_part_of_which_nobody_spoke_was_not_asked():
    assert combine(BOTH, ratings(BOTH, one=1.0)) == "not asked"


class Foreign(KnownPart):
    """Of somebody else's making."""

    type: Literal["foreign"] = "foreign"

    def tell(self, prompt, completion, verdicts):
        return SAYS[completion.text]()


def fails():
    raise KeyError("answer")


SAYS = {
    "a key": fails, "none": lambda: None, "a list": lambda: [1.0], "a text": lambda: "", "much": lambda: 10**400,
    "long": lambda: "x" * 9999, "true": lambda: True, "a half": lambda: Fraction(1, 2), "nan": lambda: math.nan,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a key", "error: KeyError"),
        ("none", "no number: NoneType"),
        ("a list", "no number: list"),
        ("a text", "no reason given"),
        ("much", "not finite"),
        ("nan", "not finite"),
        ("long", "x" * 200),
        ("true", 1.0),
        ("a half", 0.5),
    ],
)
def test_whatever_a_part_says_is_a_finite_number_or_a_reason(text, value):
    reward = Foreign()
    assert combine(reward, rate(reward, PROMPT, make_completion(PROMPT, text=text), (), {})) == value
