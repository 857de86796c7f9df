"""Bradley-Terry by paper and pencil."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.bradley_terry import BradleyTerry, bradley_terry


def test_numbers_and_gradient():
    difference = torch.tensor([0.0, 2.0], dtype=torch.float64, requires_grad=True)
    loss = bradley_terry(difference, torch.tensor([0.0, 0.5], dtype=torch.float64))
    assert loss.tolist() == pytest.approx([math.log(2), math.log1p(math.exp(-1.5))])
    loss.sum().backward()
    assert difference.grad.tolist() == pytest.approx([-0.5, -1 / (1 + math.exp(1.5))])


def test_rewards_are_compared_as_they_are_whatever_the_reference_and_drawn_to_a_sum_of_0():
    terms = make_terms([[[3.0], [1.0]], [[0.0], [0.5]]], reference=[[[9.0], [0.0]]] * 2, coefficient=[0.0, 1.0])
    plain, centered = BradleyTerry()(terms), BradleyTerry(center=0.1)(terms)
    bare = [math.log1p(math.exp(-2.0)), math.log1p(math.exp(1.5))]
    assert plain.per_unit_U.tolist() == pytest.approx(bare)
    assert centered.per_unit_U.tolist() == pytest.approx([bare[0] + 0.1 * 16.0, bare[1] + 0.1 * 0.25])
    assert [float(value) for value in plain.metrics["accuracy"]] == [1.0, 2.0]
    assert [float(value) for value in plain.metrics["margin"]] == [1.5, 2.0]
