"""Pairwise losses by paper and pencil."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.pairwise import DPO, IPO, DiscoPOP, RegularizedDPO, SLiC, discopop, dpo, ipo, slic

# Log-ratios of the chosen and the rejected response: 1 and -1, so h = 2; then 0 and 3, so h = -3.
PAIRS = make_terms(
    [[[-0.5, -0.5], [-1.5, -1.5]], [[-1.0, -1.0], [-1.0, -1.0]]],
    reference=[[[-1.0, -1.0], [-1.0, -1.0]], [[-1.0, -1.0], [-2.5, -2.5]]],
)


def test_dpo_numbers():
    h = torch.tensor([0.0, 2.0, -3.0], dtype=torch.float64)
    assert dpo(h, beta=0.5).tolist() == pytest.approx([math.log(2), 0.31326168751822286, 1.7014132779827524])


def test_smoothed_labels_are_a_mean_over_flips():
    h = torch.tensor([0.0, 2.0, -3.0], dtype=torch.float64)
    flipped = 0.75 * dpo(h, beta=0.5) + 0.25 * dpo(-h, beta=0.5)
    assert dpo(h, beta=0.5, label_smoothing=0.25).tolist() == pytest.approx(flipped.tolist())


def test_ipo_numbers():
    h = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    assert ipo(h, beta=1.0).tolist() == pytest.approx([0.25, 0.0, 2.25])


def test_slic_numbers():
    h = torch.tensor([0.0, 2.0, 6.0, -4.0], dtype=torch.float64)
    assert slic(h, beta=0.5).tolist() == pytest.approx([1.0, 0.0, 0.0, 3.0])


def test_discopop_numbers():
    h = torch.tensor([0.0, math.log(3)], dtype=torch.float64)
    # sigmoid(log 3) = 3/4 is both the modulation and the preference's chance, and exp(-log 3) = 1/3.
    found = discopop(h, beta=1.0, tau=1.0).tolist()
    assert found == pytest.approx([(1 + math.log(2)) / 2, math.log(4 / 3) / 4 + 0.25])


def test_discopop_stays_bounded_where_tau_is_at_most_one():
    h = torch.tensor([-3000.0, 3000.0], requires_grad=True)
    loss = discopop(h, beta=0.5, tau=1.0)
    loss.sum().backward()
    assert loss.tolist() == pytest.approx([1501.0, 0.0])
    assert h.grad.tolist() == pytest.approx([-0.5, 0.0])


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        (DPO(beta=0.5), [0.31326168751822286, 1.7014132779827524]),
        (DPO(beta=0.5, label_smoothing=0.1), [0.31326168751822286 + 0.1, 1.7014132779827524 - 0.15]),
        (IPO(beta=1.0), [2.25, 12.25]),
        (SLiC(beta=0.5), [0.0, 2.5]),
        # |a+| = 2 tokens, of -1 and -2 nats together.
        (RegularizedDPO(beta=0.5, likelihood_weight=0.1), [0.31326168751822286 + 0.05, 1.7014132779827524 + 0.1]),
    ],
)
def test_pairs_by_hand(loss, values):
    assert loss(PAIRS).per_unit_U.tolist() == pytest.approx(values)


@pytest.mark.parametrize("loss", [DPO(beta=0.5), IPO(beta=1.0), SLiC(beta=0.5), DiscoPOP(beta=0.5, tau=0.05)])
def test_margin_and_accuracy(loss):
    metrics = loss(PAIRS).metrics
    assert [float(value) for value in metrics["margin"]] == [-1.0, 2.0]
    assert [float(value) for value in metrics["accuracy"]] == [1.0, 2.0]


def test_the_winners_likelihood_is_measured_without_its_weight():
    metrics = RegularizedDPO(beta=0.5, likelihood_weight=0.1)(PAIRS).metrics
    assert [float(value) for value in metrics["nll"]] == [0.5 + 1.0, 2.0]
