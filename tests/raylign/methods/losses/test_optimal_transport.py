"""AOT told pair by pair is AOT of the whole step, in value and gradient."""

from dataclasses import replace

import pytest
import torch
from fakes import make_completion, make_prompt
from loss_terms import make_terms

from raylign.losses import build
from raylign.losses.optimal_transport import aot, aot_unpaired
from raylign.methods.direct import Direct
from raylign.types import Group, Sample

PAIRS = 6
POLICY_P2, REFERENCE_P2 = -3 * torch.rand(2, PAIRS, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def pair(number):
    prompt = make_prompt(number=number)
    made = [make_completion(prompt, at, tokens=1 + at, version=None) for at in (0, 1)]
    return Group(prompt=prompt, samples=tuple(Sample(completion=one, verdicts=()) for one in made))


def told(method):
    """Terms of the step, by what the weights and the reference say of its responses as a whole."""
    selection = method.select([pair(number) for number in range(PAIRS)])
    present, scores = (
        {
            sample.completion.key: (said_P2[at][side].item(),)
            for at, (_, samples) in enumerate(selection.chosen)
            for side, sample in enumerate(samples)
        }
        for said_P2 in (POLICY_P2, REFERENCE_P2)
    )
    return method.weigh(replace(selection, present=present), scores).terms


def by_pair(method, policy_P2):
    """The sum over pairs in microbatches of two, as a trainer makes it."""
    terms, loss = told(method), build(method.objective, max_correction=1.0)
    total = torch.zeros((), dtype=torch.float64)
    for at in range(0, PAIRS, 2):
        mine = terms[at : at + 2]
        given = make_terms(
            policy_P2[at : at + 2, :, None].tolist(),
            reference=REFERENCE_P2[at : at + 2, :, None].tolist(),
            coefficient=[term.coefficient for term in mine],
            target=[term.targets or (0.0, 0.0) for term in mine],
        )
        total = total + loss(replace(given, policy_UNT=policy_P2[at : at + 2, :, None])).per_unit_U.sum()
    return total


def whole(name, policy_P2, **settings):
    if name == "aot":
        margins = [one[:, 0] - one[:, 1] for one in (policy_P2, REFERENCE_P2)]
        return aot(*margins, **settings).sum()
    return aot_unpaired(*(policy_P2 - REFERENCE_P2).unbind(-1), **settings).sum()


@pytest.mark.parametrize("name", ["aot", "aot_unpaired"])
def test_pair_by_pair_it_is_the_whole_step_s(name):
    settings = {"beta": 0.7, "label_smoothing": 0.1}
    method = Direct(loss={"type": name, **settings})
    assert method.needs.present
    found, expected = POLICY_P2.clone().requires_grad_(True), POLICY_P2.clone().requires_grad_(True)
    ours, theirs = by_pair(method, found), whole(name, expected, **settings)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)
    ours.backward()
    theirs.backward()
    assert torch.allclose(found.grad, expected.grad, rtol=1e-10, atol=1e-14)


def test_sorting_matters_here():
    order = (POLICY_P2[:, 0] - POLICY_P2[:, 1]).argsort()
    assert order.tolist() != (REFERENCE_P2[:, 0] - REFERENCE_P2[:, 1]).argsort().tolist()
