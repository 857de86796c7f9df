"""Length as a reward, worked out by hand."""

import pytest
from documents import task
from fakes import make_completion, make_prompt

from raylign.errors import SpecError
from raylign.rewards.length import LengthReward
from raylign.spec import parse_job

PROMPT = make_prompt()


def told(reward: LengthReward, text: str, *, tokens: int = 3) -> float | str:
    return reward.tell(PROMPT, make_completion(PROMPT, text=text, tokens=tokens), ())


@pytest.mark.parametrize(
    ("settings", "words", "value"),
    [
        ({"target": 4}, 4, 1.0),
        ({"target": 4}, 3, 0.75),
        ({"target": 4}, 5, 0.75),
        ({"target": 4}, 8, 0.0),
        ({"target": 4}, 80, 0.0),
        ({"target": 4, "within": 10}, 9, 0.5),
        ({"target": 10, "within": 2}, 7, 0.0),
        ({"per": 8}, 4, 0.5),
        ({"per": 8}, 24, 3.0),  # the sky is the limit: it is there to be charged for, or to show what a policy does
    ],
)
def test_it_is_near_to_a_target_or_in_proportion(settings, words, value):
    assert told(LengthReward(**settings), "one " * words) == value


@pytest.mark.parametrize(("unit", "value"), [("characters", 6.0), ("words", 1.0), ("tokens", 2.5)])
def test_what_is_counted_is_said(unit, value):
    assert told(LengthReward(per=2, unit=unit), " one,  two\n ", tokens=5) == value


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "either a `target` or a `per`"),
        ({"target": 3, "per": 3}, "either a `target` or a `per`"),
        ({"per": 3, "within": 2}, "`within` is how far from a `target` the reward reaches"),
        ({"target": 0}, "'tasks[0].reward.target' is 0"),
        ({"unit": "word", "per": 1}, "'tasks[0].reward.unit' is 'word'"),
    ],
)
def test_one_shape_is_named(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(task(reward={"type": "length", **wrong}))
    assert says in str(refused.value)
