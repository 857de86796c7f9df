"""Losses without a reference, by paper and pencil."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.reference_free import CPO, ORPO, SimPO, log_odds_ratio, simpo

# Log-probs -2 of 2 tokens and -3 of one: by token -1 and -3. The reference is far from both.
PAIR = make_terms(
    [[[-0.5, -1.5], [-3.0, 0.0]]], reference=[[[-9.0, -9.0], [-0.1, 0.0]]], mask=[[[1.0, 1.0], [1.0, 0.0]]]
)


def odds(logp):
    return math.exp(logp) / (1 - math.exp(logp))


@pytest.mark.parametrize(
    ("loss", "value", "margin"),
    [
        (SimPO(beta=2.0, gamma=1.0), math.log1p(math.exp(-3.0)), 2.0),
        (SimPO(beta=2.0, gamma=1.0, label_smoothing=0.1), math.log1p(math.exp(-3.0)) + 0.3, 2.0),
        (CPO(beta=0.5, likelihood_weight=0.0), math.log1p(math.exp(-0.5)), 1.0),
        (CPO(beta=0.5, likelihood_weight=2.0, label_smoothing=0.1), math.log1p(math.exp(-0.5)) + 0.05 + 2.0, 1.0),
        (ORPO(beta=0.5), 1.0 + 0.5 * math.log1p(odds(-3.0) / odds(-1.0)), math.log(odds(-1.0) / odds(-3.0))),
    ],
)
def test_pairs_by_hand(loss, value, margin):
    found = loss(PAIR)
    assert found.per_unit_U.tolist() == pytest.approx([value])
    assert float(found.metrics["margin"].total) == pytest.approx(margin)


@pytest.mark.parametrize("loss", [CPO(beta=0.5, likelihood_weight=2.0), ORPO(beta=0.5)])
def test_the_chosen_response_s_likelihood_is_measured_a_token_without_its_weight(loss):
    assert float(loss(PAIR).metrics["nll"].total) == 1.0


def test_simpo_wants_a_margin_of_gamma():
    margin = torch.tensor([0.25], dtype=torch.float64)
    assert simpo(margin, beta=2.0, gamma=0.5).item() == pytest.approx(math.log(2))


def test_odds():
    half, quarter = (torch.tensor([math.log(p)], dtype=torch.float64) for p in (0.5, 0.25))
    assert log_odds_ratio(half, quarter).item() == pytest.approx(math.log(3))


def test_a_certain_response_has_finite_odds_and_gradients():
    sure = torch.tensor([0.0], requires_grad=True)
    ratio = log_odds_ratio(sure, torch.tensor([-1.0]))
    ratio.backward()
    assert ratio.isfinite().all()
    assert sure.grad.isfinite().all()
