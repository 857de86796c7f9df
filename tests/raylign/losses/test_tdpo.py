"""Token-level DPO by paper and pencil, and where it is DPO."""

import math
from dataclasses import replace

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.pairwise import DPO
from raylign.losses.tdpo import TDPO1, TDPO2
from raylign.losses.terms import Reading

# Log-ratios 1 and -1, so h = 2; D(y+) = 0.5, D(y-) = 2.5 without what stands on padding.
PAIR = replace(
    make_terms(
        [[[-0.5, -0.5], [-1.5, -9.0]]],
        reference=[[[-1.0, -1.0], [-0.5, -9.0]]],
        mask=[[[1.0, 1.0], [1.0, 0.0]]],
    ),
    reading=Reading(divergence=torch.tensor([[[0.2, 0.3], [2.5, 7.0]]], dtype=torch.float64)),
)


def logistic(value):
    return math.log1p(math.exp(-value))


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (TDPO1(beta=0.5), logistic(0.5 * (2 - 2.0))),
        (TDPO2(beta=0.5, alpha=0.25), logistic(0.5 * (2 - 0.25 * 2.0))),
    ],
)
def test_a_pair_by_hand(loss, value):
    found = loss(PAIR)
    assert found.per_unit_U.tolist() == pytest.approx([value])
    measured = {name: float(total / count) for name, (total, count) in found.metrics.items()}
    assert measured == pytest.approx({"margin": 2.0, "accuracy": 1.0, "kl_chosen": 0.5, "kl_rejected": 2.5})


def test_without_the_divergence_it_is_dpo():
    assert TDPO2(beta=0.5, alpha=0.0)(PAIR).per_unit_U.tolist() == DPO(beta=0.5)(PAIR).per_unit_U.tolist()


def test_only_the_second_leaves_the_chosen_responses_divergence_without_gradient():
    slope = 0.5 * (1 - 1 / (1 + math.exp(-0.5 * (2 - 2.0))))
    for loss, chosen, rejected in (
        (TDPO1(beta=0.5), -slope, slope),
        (TDPO2(beta=0.5, alpha=1.0), 0.0, slope),
    ):
        divergence = PAIR.reading.divergence.clone().requires_grad_()
        loss(replace(PAIR, reading=Reading(divergence=divergence))).per_unit_U.sum().backward()
        assert divergence.grad[0, 0].tolist() == pytest.approx([chosen, chosen])
        assert divergence.grad[0, 1].tolist() == pytest.approx([rejected, 0.0])
