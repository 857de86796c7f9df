"""XPO's loss by paper and pencil."""

import math

import pytest
from loss_terms import make_terms

from raylign.losses.pairwise import DPO
from raylign.losses.xpo import XPO


def pairs(coefficient):
    """Log-ratios 1 and -0.5 of the policy's response and the reference's, the second's log-probs -2 and -1."""
    return make_terms(
        [[[-1.0, -1.0], [-2.0, -1.0]]] * len(coefficient),
        reference=[[[-1.5, -1.5], [-2.0, -0.5]]] * len(coefficient),
        coefficient=coefficient,
    )


def test_xpo_by_hand_whoever_is_better():
    loss = XPO(beta=0.4, alpha=0.1)(pairs([1.0, -1.0]))
    expected = [math.log1p(math.exp(-0.4 * 1.5)) - 0.3, math.log1p(math.exp(0.4 * 1.5)) - 0.3]
    assert loss.per_unit_U.tolist() == pytest.approx(expected)
    measured = {name: float(total / over) for name, (total, over) in loss.metrics.items()}
    assert measured == pytest.approx({"margin": 0.0, "accuracy": 0.5, "reference_logp": -3.0})


@pytest.mark.parametrize("better", [1.0, -1.0])
def test_optimism_pushes_the_references_response_down_whoever_is_better(better):
    terms = pairs([better])
    terms.policy_UNT.requires_grad_(True)
    XPO(beta=0.4, alpha=0.1)(terms).per_unit_U.sum().backward()
    pull = 0.4 / (1 + math.exp(0.4 * 1.5 * better))  # beta sigmoid(-beta h)
    own, reference = terms.policy_UNT.grad[0]
    assert own.tolist() == pytest.approx([-better * pull] * 2)
    assert reference.tolist() == pytest.approx([better * pull + 0.1] * 2)


def test_without_optimism_it_is_dpo():
    assert XPO(beta=0.4, alpha=0.0)(pairs([1.0])).per_unit_U.tolist() == pytest.approx(
        DPO(beta=0.4)(pairs([1.0])).per_unit_U.tolist()
    )
