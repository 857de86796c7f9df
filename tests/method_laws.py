"""The laws of methods, for whoever has one: those of the library, and those that a test alone knows."""

import json
import math
import pickle
from collections import Counter
from dataclasses import replace

import torch
from hypothesis import strategies as st
from loss_terms import FakePolicy, make_reading
from method_cases import group, sample

from raylign.losses import Terms, build
from raylign.losses.learned import LearnedLoss
from raylign.types import Preference

rewards = st.one_of(st.none(), st.sampled_from([-2.0, 0.0, 1.0]), st.floats(-50, 50))
rows = st.tuples(rewards, st.sampled_from([True, True, False, None]), st.floats(-6, -0.01))
SIZES = {None: (1, 4), "several": (2, 4), "all": (2, 4), "two": (2, 2)}


@st.composite
def batches(draw, method):
    """Groups as a task with this method gives them, and the reference's log-prob of every token."""
    needs, low_high = method.needs, SIZES[method.needs.compares]
    made = []
    for number in range(draw(st.integers(0, 4))):
        one = group(*draw(st.lists(rows, min_size=low_high[0], max_size=low_high[1])), number=number)
        if needs.baseline:
            reward, satisfied, _ = draw(rows)
            one = replace(one, baseline=sample(one.prompt, None, reward=reward, satisfied=satisfied))
        if needs.annotator:
            said = draw(st.one_of(st.none(), st.sampled_from([None, 0.0, 0.5, 1.0])))
            word = None if said is None else Preference(probability=said)
            one = replace(one, preference=draw(st.sampled_from([word, Preference(probability=None, reason="tie")])))
        if needs.pool:
            one = replace(one, pool=tuple(draw(st.lists(st.floats(-50, 50), max_size=3))))
        made.append(one)
    return made, draw(st.floats(-6, -0.01))


def keeps_the_laws_of_choosing(method, groups, reference):
    """What holds of any method, whatever comes: ``reference`` is its log-prob of every token."""
    chosen, skips = chosen_of(method, groups, reference)
    trained = [each for term in chosen.terms for each in term.samples]
    # The same again, and in whatever order the prompts come.
    assert told(chosen_of(method, groups, reference)[0]) == told(chosen)
    assert told(chosen_of(method, groups[::-1], reference)[0]) == told(chosen)
    # A term is made of its own group, and all are of one shape, which its loss takes, if it does not take any.
    assert all(each in (*term.group.samples, term.group.baseline) for term in chosen.terms for each in term.samples)
    assert len({len(term.samples) for term in chosen.terms}) <= 1 or method.needs.compares == "all"
    assert all(len(term.targets) in (0, len(term.samples)) for term in chosen.terms)
    assert all(len(term.credit) in (0, len(term.samples[0].completion.token_ids)) for term in chosen.terms)
    assert all(map(math.isfinite, (each for term in chosen.terms for each in (*term.targets, *term.credit))))
    assert all(math.isfinite(term.coefficient) for term in chosen.terms)
    assert all(not any(term.credit or (term.coefficient,)) for term in chosen.terms if not method.moves(term))
    # Who is undecided is not trained on, but by a method that hears no judge.
    deaf = told(chosen_of(method, without_verdicts(groups), reference)[0]) == told(chosen)
    assert deaf or all(each.satisfied is not None for each in trained)
    # A missing reward is no reward of 0.
    assert not method.needs.reward or all(each.reward is not None for each in trained if each.satisfied)
    # What it is to know is what a checkpoint gives back, whatever the order, and it goes on from there.
    assert json.loads(json.dumps(chosen.memory)) == chosen.memory
    assert chosen_of(method, groups[::-1], reference)[0].memory == chosen.memory
    later, _ = chosen_of(method, groups, reference, memory=chosen.memory)
    assert all(math.isfinite(term.coefficient) for term in later.terms)
    # Nothing is left out without a word.
    assert chosen.terms or not groups or skips.total()
    assert all(count > 0 and reason for reason, count in skips.items())


def is_plain_data(method):
    """A job holds it, and it travels."""
    assert pickle.loads(pickle.dumps(method)) == method
    assert type(method).model_validate_json(method.model_dump_json()) == method
    assert method.kl_limit is None or method.kl_limit > 0
    assert not method.needs.judged_baseline or method.needs.baseline
    assert not method.needs.annotator or method.needs.compares == "two"


def has_an_objective(method):
    """Of as many sequences a term as it compares."""
    pair = method.objective.over_tokens is None
    shape = (3, 2 if pair else 1, 4)
    logprobs = -torch.rand(shape)
    terms = Terms(
        policy_UNT=logprobs, reference_UNT=logprobs - 0.1, behavior_UNT=logprobs, mask_UNT=torch.ones(shape),
        coefficient_U=torch.ones(3), stale_U=torch.zeros(3), reading=make_reading(torch.rand(shape)),
    )  # fmt: skip
    loss = build(method.objective, max_correction=2.0)
    if isinstance(loss, LearnedLoss):
        loss.attach(FakePolicy())
    assert set(loss(terms).metrics) == set(loss.measures)
    assert loss(terms).per_unit_U.shape == (3,)


def chosen_of(method, groups, reference, memory=None):
    """Run on the scores of what was selected, and of nothing else, knowing ``memory`` of the steps before."""
    selection = replace(method.select(groups), memory=memory or {})
    asked = [each.completion for _, samples in selection.chosen for each in samples]
    asked += [completion for _, completion in selection.beside]
    known = {completion.key: (reference,) * len(completion.token_ids) for completion in asked}
    present = {key: tuple(each / 2 for each in said) for key, said in known.items()} if method.needs.present else {}
    chosen = method.weigh(replace(selection, present=present), known)
    return chosen, selection.skips + chosen.skips


def told(chosen):
    """What is trained on, whatever its order."""
    return Counter(
        (tuple(each.completion.key for each in term.samples), term.coefficient, term.targets, term.credit)
        for term in chosen.terms
    )


def without_verdicts(groups):
    def bare(one):
        return one and replace(one, verdicts=())

    return [replace(one, samples=tuple(map(bare, one.samples)), baseline=bare(one.baseline)) for one in groups]
