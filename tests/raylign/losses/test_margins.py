"""DPO of other margins, by paper and pencil."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.margins import MODPO, MinorDPO, minor_dpo, modpo
from raylign.losses.pairwise import dpo


def test_minor_dpo_leaves_a_rejected_response_that_is_unlikelier_already():
    chosen = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    rejected = torch.tensor([-1.0, 3.0], dtype=torch.float64, requires_grad=True)
    loss = minor_dpo(chosen, rejected, beta=0.5)
    loss.sum().backward()
    assert loss.tolist() == pytest.approx([math.log1p(math.exp(-0.5)), math.log1p(math.exp(1.0))])
    assert rejected.grad[0] == 0
    assert rejected.grad[1] == -chosen.grad[1] > 0


def test_modpo_numbers():
    h, margin = torch.tensor([2.0, 2.0], dtype=torch.float64), torch.tensor([2.0, -1.0], dtype=torch.float64)
    # (0.5 * 2 - 0.75 * m) / 0.25
    expected = [math.log1p(math.exp(2.0)), math.log1p(math.exp(-7.0))]
    assert modpo(h, margin, beta=0.5, own_weight=0.25).tolist() == pytest.approx(expected)
    assert modpo(h, margin, beta=0.5, own_weight=1.0).tolist() == pytest.approx(dpo(h, beta=0.5).tolist())


def test_settings_and_the_coefficient():
    pairs = make_terms([[[-1.0], [-4.0]]], reference=[[[-2.0], [-2.0]]], coefficient=[2.0])  # w = 1, l = -2
    assert MODPO(beta=0.5, own_weight=0.5)(pairs).per_unit_U.tolist() == pytest.approx([math.log1p(math.exp(-1.0))])
    assert MinorDPO(beta=0.5)(pairs).per_unit_U.tolist() == pytest.approx([math.log1p(math.exp(-0.5))])
