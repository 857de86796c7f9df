"""Token-level DPO as a method: the pairs that `Direct` takes, and the loss that its version names."""

import pytest
from fakes import make_completion, make_prompt
from method_cases import run
from pairs_job import pairs_job

from raylign.errors import SpecError
from raylign.methods.tdpo import TDPO
from raylign.types import Group, Sample


def pair(number, *texts):
    prompt = make_prompt(number=number)
    made = [make_completion(prompt, index, text=text, tokens=1 + index) for index, text in enumerate(texts)]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=()) for one in made))


def test_pairs_are_taken_as_they_come_and_others_counted():
    chosen, skips = run(TDPO(), [pair(0, "good", "bad"), pair(1, "good"), pair(2, "good", " ")])
    texts = [[sample.completion.text for sample in term.samples] for term in chosen.terms]
    assert (texts, skips) == ([["good", "bad"]], {"no rejected response": 1, "empty response": 1})


def test_a_task_of_pairs_names_it_by_its_type_and_direct_by_none():
    named = pairs_job(task={"method": {"type": "tdpo", "version": 1, "beta": 0.3}})
    assert named.tasks[0].method == TDPO(version=1, beta=0.3)
    assert named.reads == {"divergence"}
    plain = pairs_job(task={"method": {"loss": "ipo", "beta": 0.3}})
    assert (plain.tasks[0].method.type, plain.reads) == ("direct", frozenset())
    with pytest.raises(SpecError, match="alpha"):
        pairs_job(task={"method": {"loss": "ipo", "alpha": 0.3}})


@pytest.mark.parametrize(("version", "settings"), [(1, {"beta": 0.3}), (2, {"beta": 0.3, "alpha": 0.5})])
def test_the_version_names_the_loss(version, settings):
    objective = TDPO(version=version, beta=0.3).objective
    assert (objective.loss, objective.settings) == (f"raylign.losses.tdpo:TDPO{version}", settings)
    assert objective.reads == {"divergence"}


def test_held_out_pairs_have_the_margin_of_dpo():
    selection = TDPO().select([pair(0, "good", "bad")])
    (_, samples), *_ = selection.chosen
    policy = {one.completion.key: (-1.0 - at,) for at, one in enumerate(samples)}
    reference = {one.completion.key: (-2.0,) for one in samples}
    assert TDPO().examine(selection, policy, reference) == {"margin": 1.0, "accuracy": 1.0}
