"""Losses for wrong labels: what they are made to do."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.noisy import EXO, Robust, exo, robust
from raylign.losses.pairwise import dpo

H = torch.tensor([0.0, 2.0, -3.0], dtype=torch.float64)


def test_the_mean_of_robust_over_flipped_labels_is_dpo_of_the_true_ones():
    right, wrong = (robust(h, beta=0.5, label_smoothing=0.2) for h in (H, -H))
    assert (0.8 * right + 0.2 * wrong).tolist() == pytest.approx(dpo(H, beta=0.5).tolist())


def test_exo_is_a_divergence_from_the_smoothed_label():
    p, e = 1 / (1 + math.exp(-1.0)), 0.1  # at h = 2
    by_hand = p * math.log(p / (1 - e)) + (1 - p) * math.log((1 - p) / e)
    assert exo(H, beta=0.5, label_smoothing=e)[1].item() == pytest.approx(by_hand)
    best = torch.tensor([math.log(9.0) / 0.5], dtype=torch.float64, requires_grad=True)
    loss = exo(best, beta=0.5, label_smoothing=e)
    loss.backward()
    assert [loss.item(), best.grad.item()] == pytest.approx([0.0, 0.0])


def test_exo_of_labels_that_are_never_wrong_is_infinite():
    assert exo(H, beta=0.5, label_smoothing=0.0).tolist() == [math.inf] * 3


@pytest.mark.parametrize(("loss", "formula"), [(Robust, robust), (EXO, exo)])
def test_settings(loss, formula):
    pair = make_terms([[[-1.0], [-2.0]]], reference=[[[-2.0], [-1.0]]])
    settings = {"beta": 0.5, "label_smoothing": 0.2}
    assert loss(**settings)(pair).per_unit_U.tolist() == formula(H[1:2], **settings).tolist()
