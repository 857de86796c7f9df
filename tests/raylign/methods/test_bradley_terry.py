"""Comparisons: what is one, its margin, and how right and how sure a reward model is of those held out."""

import math
import random
from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt

from raylign.losses import build
from raylign.methods.bradley_terry import BradleyTerry, calibration_error
from raylign.types import Group, Sample


def pair(number, *texts, finish="stop", **metadata):
    prompt = make_prompt(number=number, **metadata)
    made = [make_completion(prompt, at, text=text, tokens=1 + at, version=None) for at, text in enumerate(texts)]
    return Group(
        prompt=prompt, samples=tuple(Sample(completion=replace(one, finish=finish), verdicts=()) for one in made)
    )


def chosen_of(*groups):
    method = BradleyTerry()
    selection = method.select(groups)
    return method.weigh(selection, {}), selection.skips


def test_comparisons_are_taken_as_they_come_with_their_margins():
    chosen, skips = chosen_of(pair(0, "good", "bad", margin=2), pair(1, "good", "bad"), pair(2, "a", "b", margin=-0.5))
    assert ([term.coefficient for term in chosen.terms], skips) == ([2.0, 0.0, -0.5], {})
    assert all(BradleyTerry().moves(term) for term in chosen.terms)


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (pair(0, "good"), "no rejected response"),
        (pair(0, "good", " \n"), "empty response"),
        (pair(0, "good", "bad", finish="length"), "too long"),
        (pair(0, "good", "bad", margin="large"), "margin is no number"),
        (pair(0, "good", "bad", margin=math.inf), "margin is no number"),
        (pair(0, "good", "bad", margin=True), "margin is no number"),
    ],
)
def test_what_is_no_comparison_is_skipped_and_counted(group, reason):
    chosen, skips = chosen_of(group)
    assert (chosen.terms, skips) == ([], {reason: 1})


def test_responses_that_read_the_same_or_not_at_all_are_no_comparison():
    one = pair(0, "good", "bad")
    for tokens, reason in (((7,), "identical"), ((), "unreadable")):
        same = tuple(replace(each, completion=replace(each.completion, token_ids=tokens)) for each in one.samples)
        assert chosen_of(replace(one, samples=same))[1] == {reason: 1}


def test_the_objective_asks_no_reference():
    assert not BradleyTerry().needs.reference
    assert build(BradleyTerry(center=0.5).objective, max_correction=1.0).center == 0.5


def test_held_out_comparisons_by_hand():
    method = BradleyTerry()
    selection = method.select([pair(0, "good", "bad"), pair(1, "good", "bad")])
    policy = {("math/0", 0): (2.0,), ("math/0", 1): (1.0,), ("math/1", 0): (0.0,), ("math/1", 1): (3.0,)}
    found = method.examine(selection, policy, {})
    sure = [1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-3))]
    assert found["accuracy"] == 0.5
    assert found["difference"] == pytest.approx(-1.0)
    assert found["loss"] == pytest.approx((math.log1p(math.exp(-1)) + math.log1p(math.exp(3))) / 2)
    assert found["calibration"] == pytest.approx((abs(sure[0] - 1) + sure[1]) / 2)
    assert method.examine(method.select([]), {}, {}) == {}


def test_calibration_is_by_bins_of_confidence():
    sure = math.log(3)  # confidence 0.75, in the fifth bin of ten
    assert calibration_error([sure, sure, sure, -sure]) == pytest.approx(0.0)
    assert calibration_error([sure, sure, -sure, -sure]) == pytest.approx(0.25)
    assert calibration_error([800.0, -800.0]) == pytest.approx(0.5)  # sure beyond what a float can say


def test_chances_that_come_true_are_calibrated():
    rng = random.Random(0)
    drawn = [rng.gauss(0, 1.5) for _ in range(20_000)]
    said = [value if rng.random() < 1 / (1 + math.exp(-value)) else -value for value in drawn]
    assert calibration_error(said) < 0.02
    assert calibration_error([3 * value for value in said]) > 0.08
