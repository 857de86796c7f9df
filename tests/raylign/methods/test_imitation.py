"""Imitation: every response that says something, all alike."""

import math

import pytest
from fakes import make_completion, make_prompt

from raylign.methods.imitation import Imitation
from raylign.types import Group, Sample


def group(number, *texts):
    prompt = make_prompt(number=number)
    made = [make_completion(prompt, at, text=text, version=None) for at, text in enumerate(texts)]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=()) for one in made))


def test_every_response_is_a_term_and_blank_ones_are_counted():
    method = Imitation()
    selection = method.select([group(0, "yes", "also"), group(1, " \n"), group(2, "no")])
    chosen = method.weigh(selection, {})
    texts = [term.samples[0].completion.text for term in chosen.terms]
    assert (texts, selection.skips) == (["yes", "also", "no"], {"empty response": 1})
    assert all(method.moves(term) for term in chosen.terms)


def test_nobody_asks_the_reference():
    assert not Imitation().needs.reference


def test_held_out_loss_is_a_mean_over_tokens_and_perplexity_its_exponential():
    method = Imitation()
    selection = method.select([group(0, "yes"), group(1, "no")])
    policy = {("math/0", 0): (-1.0, -2.0, -3.0), ("math/1", 0): (-4.0,)}
    assert method.examine(selection, policy, {}) == {"loss": 2.5, "perplexity": pytest.approx(math.exp(2.5))}
    assert method.examine(method.select([]), {}, {}) == {}
    assert method.examine(selection, dict.fromkeys(policy, (-1e30,)), {})["perplexity"] < math.inf
