"""The correction of stale samples by paper and pencil."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.correction import Corrected, importance_ratio
from raylign.losses.policy_gradient import PolicyGradient


def test_importance_ratio_is_one_on_policy_truncated_when_stale_and_a_constant():
    logp = torch.tensor([-1.0, -1.0, -1.0], requires_grad=True)
    behavior = torch.tensor([-1.5, -1.5, -5.0])
    ratio = importance_ratio(logp, behavior, torch.tensor([0.0, 1.0, 1.0]), maximum=2.0)
    assert ratio.tolist() == pytest.approx([1.0, math.exp(0.5), 2.0])
    assert not ratio.requires_grad


def test_the_ratio_multiplies_and_is_measured_where_samples_are_stale():
    terms = make_terms(
        [[[-0.5, -0.5]], [[-0.5, -0.5]], [[-0.5, -0.5]]],
        behavior=[[[-0.75, -0.75]], [[-0.75, -0.75]], [[-2.5, -2.5]]],
        coefficient=[2.0, 2.0, 2.0],
        stale=[0.0, 1.0, 1.0],
    )
    loss = Corrected(loss=PolicyGradient(), maximum=2.0)(terms)
    assert loss.per_unit_U.tolist() == pytest.approx([2.0, 2 * math.exp(0.5), 4.0])
    assert [float(value) for value in loss.metrics["ratio"]] == pytest.approx([math.exp(0.5) + 2.0, 2.0])
    assert [float(value) for value in loss.metrics["ratio_capped"]] == [1.0, 2.0]


def test_nothing_stale_is_a_mean_over_nothing():
    metrics = Corrected(loss=PolicyGradient(), maximum=1.0)(make_terms([[[-1.0]]])).metrics
    assert [float(value) for value in metrics["ratio_capped"]] == [0.0, 0.0]
