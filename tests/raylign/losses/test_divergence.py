"""f-DPO: slopes are the generators' derivatives, DPO is a limit, and nothing overflows."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.divergence import (
    LIMIT,
    Alpha,
    ForwardKL,
    JensenShannon,
    alpha_divergence,
    f_dpo,
    forward_kl,
    jensen_shannon,
)
from raylign.losses.pairwise import dpo

RATIOS = torch.tensor([[0.3, -1.2], [2.0, 0.5], [-3.0, 1.0]], dtype=torch.float64)
GENERATORS = {
    "forward_kl": (forward_kl, lambda u: -u.log()),
    "jensen_shannon": (jensen_shannon, lambda u: u * u.log() - (1 + u) * ((1 + u) / 2).log()),
    "alpha": (lambda log_u: alpha_divergence(log_u, alpha=0.4), lambda u: (u**0.4 - 0.4 * u - 0.6) / (0.4 * -0.6)),
}


@pytest.mark.parametrize("named", GENERATORS)
def test_slopes_are_derivatives_of_the_generator_but_for_a_constant(named):
    slope, generator = GENERATORS[named]
    u = RATIOS.exp().requires_grad_(True)
    generator(u).sum().backward()
    differences = (slope(RATIOS) - u.grad).flatten().tolist()
    assert differences == pytest.approx([differences[0]] * 6)


def test_dpo_is_the_limit_of_alpha_at_one():
    near = f_dpo(alpha_divergence(RATIOS, alpha=1 + 1e-6), beta=0.5)
    assert near.tolist() == pytest.approx(dpo(RATIOS[:, 0] - RATIOS[:, 1], beta=0.5).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (ForwardKL(beta=0.5), math.log1p(math.exp(-0.5 * (math.exp(2.0) - math.exp(-1.0))))),
        (JensenShannon(beta=0.5), math.log1p(math.sqrt((1 + math.exp(-1.0)) / (1 + math.exp(2.0))))),
        (Alpha(beta=0.5, alpha=1.5), math.log1p(math.exp(-(math.exp(0.5) - math.exp(-1.0))))),
    ],
)
def test_pairs_by_hand(loss, value):
    pair = make_terms([[[-1.0], [-4.0]]], reference=[[[-2.0], [-2.0]]])  # log-ratios 1 and -2
    found = loss(pair)
    assert found.per_unit_U.tolist() == pytest.approx([value])
    assert float(found.metrics["margin"].total) == 3.0


def test_beyond_the_limit_exponentials_go_on_as_their_tangents():
    log_ratio = torch.tensor([[-300.0]], requires_grad=True)
    slope = forward_kl(log_ratio)
    slope.backward()
    assert slope.item() == pytest.approx(-math.exp(LIMIT) * (1 + 300 - LIMIT))
    assert log_ratio.grad.item() == pytest.approx(math.exp(LIMIT))
