"""Imitation: every response that says something, all alike."""

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
