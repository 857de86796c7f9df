"""Losses with an anchor for each response: their minima, their sides, their numbers."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.anchored import BCO, NCA, SPPO, APODown, APOZero, apo_down, apo_zero, bco, nca, sppo
from raylign.losses.pairwise import dpo

BETA = 0.5


def slopes(loss, chosen, rejected):
    """Of the loss of one pair, by either log-ratio."""
    x = torch.tensor([[chosen], [rejected]], dtype=torch.float64, requires_grad=True)
    loss(x[0], x[1], beta=BETA).sum().backward()
    return x.grad[:, 0].tolist()


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (SPPO(beta=BETA), 0.0 + 1.0),  # w = 1 = 1/(2 beta); l = -2
        (NCA(beta=BETA), math.log1p(math.exp(-0.5)) + (math.log1p(math.exp(0.5)) + math.log1p(math.exp(-1.0))) / 2),
        (BCO(beta=BETA), math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-1.0))),
        (APOZero(beta=BETA), 1 - 1 / (1 + math.exp(-0.5)) + 1 / (1 + math.exp(1.0))),
        (APODown(beta=BETA), 1 / (1 + math.exp(-0.5)) + 1 - 1 / (1 + math.exp(-1.5))),
    ],
)
def test_pairs_by_hand(loss, value):
    pair = make_terms([[[-1.0], [-4.0]]], reference=[[[-2.0], [-2.0]]])
    assert loss(pair).per_unit_U.tolist() == pytest.approx([value])


def test_minima_where_there_are_any():
    assert slopes(sppo, 1.0, -1.0) == [0.0, 0.0]
    assert slopes(nca, math.log(2) / BETA, -1.0)[0] == pytest.approx(0.0)
    assert slopes(nca, 5.0, -1.0)[0] > 0  # beyond it the chosen response is held back


@pytest.mark.parametrize(
    ("loss", "signs"), [(sppo, (-1, 1)), (nca, (-1, 1)), (bco, (-1, 1)), (apo_zero, (-1, 1)), (apo_down, (1, 1))]
)
def test_which_way_each_response_is_moved(loss, signs):
    # A pair that is told apart, both of its responses as the reference has them but for that.
    assert [math.copysign(1, slope) for slope in slopes(loss, 0.5, -1.0)] == list(signs)


def test_bco_bounds_dpo():
    chosen, rejected = 4 * torch.randn(2, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert (bco(chosen, rejected, beta=BETA) >= dpo(chosen - rejected, beta=BETA)).all()
