"""KTO: which responses are good, what they are compared with, and the numbers."""

import math
from dataclasses import replace

import pytest
from fakes import make_completion, make_prompt
from loss_terms import make_terms
from pairs_job import pairs_job

from raylign.errors import SpecError
from raylign.losses import build
from raylign.methods.kto import KTO
from raylign.types import Group, Sample


def row(number, *texts, **metadata):
    prompt = make_prompt(number=number, **metadata)
    made = [
        replace(make_completion(prompt, at, text=text, tokens=1), token_ids=(ord(text[-1]),))
        for at, text in enumerate(texts)
    ]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=()) for one in made))


def weighed(method, groups, policy, reference=0.0):
    """``policy``: log-prob of each of the selection's responses, mismatched ones last."""
    selection = method.select(groups)
    asked = [sample.completion for _, samples in selection.chosen for sample in samples]
    keys = [completion.key for completion in [*asked, *(completion for _, completion in selection.beside)]]
    present = {key: (value,) for key, value in zip(keys, policy, strict=True)}
    return method.weigh(replace(selection, present=present), dict.fromkeys(keys, (reference,)))


def test_labels_and_the_sides_of_pairs_say_who_is_good():
    groups = [row(0, "a", label=True), row(1, "b", label=False), row(2, "c", "d"), row(3, "e", label=1)]
    chosen = weighed(KTO(desirable_weight=2.0, undesirable_weight=0.5), groups, [0.0] * 9)
    told = [(term.samples[0].completion.text, term.coefficient) for term in chosen.terms]
    assert told == [("a", 2.0), ("b", -0.5), ("c", 2.0), ("d", -0.5), ("e", 2.0)]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (row(0, "a"), "no label"),
        (row(0, "a", label="yes"), "no label"),
        (row(0, "a", label=2), "no label"),
        (row(0, " ", label=True), "empty response"),
        (row(0, "a", "a"), "identical"),
        (row(0), "empty response"),
    ],
)
def test_what_has_no_word_is_skipped_and_counted(one, reason):
    selection = KTO().select([one])
    assert (selection.chosen, selection.beside, selection.skips) == ([], [], {reason: 1})


def test_z0_is_the_mean_log_ratio_of_the_next_prompt_s_response_and_never_below_0():
    groups = [row(number, text, label=True) for number, text in enumerate("abc")]
    selection = KTO().select(groups[::-1])  # whatever order they come in
    assert [(prompt.id, completion.text) for prompt, completion in selection.beside] == [
        ("math/0", "b"), ("math/1", "c"), ("math/2", "a")
    ]  # fmt: skip
    chosen = weighed(KTO(), groups, [9.0, 9.0, 9.0, 1.0, 2.0, -0.6], reference=-0.2)
    assert [term.targets for term in chosen.terms] == [(pytest.approx(1.0),)] * 3  # (1 + 2 - 0.6) / 3 + 0.2
    assert chosen.figures == {"z0": pytest.approx(1.0)}
    assert weighed(KTO(), groups, [9.0] * 3 + [-1.0] * 3).figures == {"z0": 0.0}
    assert weighed(KTO(), groups[:1], [9.0]).figures == {"z0": 0.0}  # nobody is mismatched


def test_the_loss_is_the_paper_s_of_either_sort_times_its_weight():
    terms = make_terms(
        [[[-1.0]], [[-2.0]]], reference=[[[-2.0]], [[-1.5]]], coefficient=[2.0, -0.5], target=[[0.25], [0.25]]
    )
    loss = build(KTO(beta=2.0).objective, max_correction=1.0)(terms)
    good, bad = (1 - 1 / (1 + math.exp(-2.0 * distance)) for distance in (1.0 - 0.25, 0.25 + 0.5))
    assert loss.per_unit_U.tolist() == pytest.approx([2.0 * good, 0.5 * bad])
    measured = {name: (one.total / one.over).item() for name, one in loss.metrics.items()}
    assert measured == pytest.approx({"desirable": 1.0, "undesirable": -0.5})


def test_held_out_responses_tell_of_either_sort():
    groups = [row(0, "a", "b"), row(1, "c", label=True)]
    selection = KTO().select(groups)
    keys = [sample.completion.key for _, samples in selection.chosen for sample in samples]
    policy = dict(zip(keys, [(1.0,), (-1.0,), (3.0,)], strict=True))
    reference = dict.fromkeys(keys, (0.5,))
    assert KTO().examine(selection, policy, reference) == {"desirable": 1.5, "undesirable": -1.5, "margin": 3.0}
    assert KTO().examine(KTO().select([]), {}, {}) == {}


@pytest.mark.parametrize("method", [{"loss": "kto", "beta": 0.3}, {"loss": {"type": "kto", "beta": 0.3}}])
def test_a_job_names_it_as_a_loss(method):
    assert pairs_job(task={"method": method}).tasks[0].method == KTO(beta=0.3)


def test_pairs_are_not_selected_to_be_taken_apart():
    with pytest.raises(SpecError, match="'kto' takes them apart"):
        pairs_job(task={"method": {"loss": "kto"}, "select": {"budget": 4}})
