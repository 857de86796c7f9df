"""Direct alignment: pairs as they come, and the losses' numbers."""

import math
from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt
from loss_terms import make_terms
from method_cases import run

from raylign.losses import build
from raylign.methods.direct import Direct
from raylign.types import Group, Sample


def pair(number, *texts):
    prompt = make_prompt(number=number)
    made = [make_completion(prompt, index, text=text, tokens=1 + index) for index, text in enumerate(texts)]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=()) for one in made))


def test_pairs_are_taken_as_they_come():
    chosen, skips = run(Direct(), [pair(0, "good", "bad"), pair(1, "bad", "good")])
    texts = [[sample.completion.text for sample in term.samples] for term in chosen.terms]
    assert (texts, skips) == ([["good", "bad"], ["bad", "good"]], {})
    assert {term.coefficient for term in chosen.terms} == {1.0}


@pytest.mark.parametrize(
    ("texts", "reason"),
    [(["good"], "no rejected response"), (["good", " \n"], "empty response"), ([" ", "bad"], "empty response")],
)
def test_what_is_no_pair_is_skipped_and_counted(texts, reason):
    chosen, skips = run(Direct(), [pair(0, *texts)])
    assert (chosen.terms, skips) == ([], {reason: 1})


def test_responses_of_the_same_tokens_are_no_pair():
    one = pair(0, "same", "same")
    twins = tuple(
        Sample(completion=make_completion(one.prompt, at, text="same", tokens=2), verdicts=()) for at in (0, 1)
    )
    _, skips = run(Direct(), [Group(prompt=one.prompt, samples=twins)])
    assert skips == {"identical": 1}


def test_a_margin_of_the_row_is_what_modpo_is_told_and_a_pair_without_one_is_skipped():
    several = []
    for number, margin in enumerate([-0.5, 0, None, "much", True, math.inf]):
        one = pair(number, "good", "bad")
        several.append(replace(one, prompt=replace(one.prompt, metadata={"margin": margin})))
    chosen, skips = run(Direct(loss="modpo"), several)
    assert ([term.coefficient for term in chosen.terms], skips) == ([-0.5, 0.0], {"no margin": 4})
    assert all(Direct(loss="modpo").moves(term) for term in chosen.terms)


def test_a_loss_without_a_reference_asks_for_none():
    assert Direct().needs.reference
    assert not Direct(loss="simpo").needs.reference


@pytest.mark.parametrize(
    ("loss", "beta", "value"),
    [
        ("dpo", 0.5, math.log1p(math.exp(-0.5 * 2.0))),  # h = 2
        ("ipo", 0.5, (2.0 - 1.0) ** 2),
        ("slic", 0.25, 1 - 0.25 * 2.0),
        ("simpo", 0.5, math.log1p(math.exp(-0.5 * 3.0 + 1.0))),  # of one token each, whatever the reference says
    ],
)
def test_the_objective_is_the_named_loss(loss, beta, value):
    objective = Direct(loss=loss, beta=beta).objective
    terms = make_terms([[[-1.0], [-4.0]]], reference=[[[-2.0], [-3.0]]])
    assert build(objective, max_correction=1.0)(terms).per_unit_U.tolist() == pytest.approx([value])
