"""GRPO's loss by paper and pencil."""

import math

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.group_relative import GroupRelative, group_relative


def test_group_relative_by_hand():
    # Token by token: ratios 1.1 and 1.5, the second clipped at 1.2 where the advantage is positive and not where it is
    # negative; ref/pi is 1 for the first token and 2 for the second, whose KL term is 2 - log 2 - 1.
    policy = torch.tensor([[-1.0, -2.0], [-1.0, -2.0]], dtype=torch.float64)
    behavior = policy - torch.tensor([[1.1, 1.5], [1.1, 1.5]], dtype=torch.float64).log()
    reference = policy + torch.tensor([[1.0, 2.0], [1.0, 2.0]], dtype=torch.float64).log()
    advantage = torch.tensor([[2.0], [-2.0]], dtype=torch.float64)
    loss = group_relative(
        policy, behavior, reference, torch.ones_like(policy), advantage, clip=0.2, clip_high=0.2, beta=0.1
    )
    kl = 0.1 * (1 - math.log(2))
    assert loss.tolist() == pytest.approx([(-2.2 - 2.4 + kl) / 2, (2.2 + 3.0 + kl) / 2])


def test_a_higher_upper_side_lets_a_rising_token_go_further():
    # Ratios 1.25, 1.5 and 0.5; A = 2 gains by the first in full, by the second up to 1.28. A = -2 is held at 0.8 below.
    policy = torch.full((2, 3), -1.0, dtype=torch.float64, requires_grad=True)
    behavior = policy.detach() - torch.tensor([[1.25, 1.5, 0.5]] * 2, dtype=torch.float64).log()
    terms = make_terms(policy.detach()[:, None].tolist(), behavior=behavior[:, None].tolist(), coefficient=[2.0, -2.0])
    ones = torch.ones(2, 3, dtype=torch.float64)
    loss = group_relative(policy, behavior, -ones, ones, terms.advantage_UT, clip=0.2, clip_high=0.28, beta=0.0)
    assert loss.tolist() == pytest.approx([-2 * (1.25 + 1.28 + 0.5) / 3, 2 * (1.25 + 1.5 + 0.8) / 3])
    loss.sum().backward()
    assert policy.grad.tolist() == [
        pytest.approx([-2 * 1.25 / 3, 0.0, -2 * 0.5 / 3]),
        pytest.approx([2 * 1.25 / 3, 2 * 1.5 / 3, 0.0]),
    ]
    clip_share = GroupRelative(clip=0.2, clip_high=0.28, beta=0.0)(terms).metrics["clip_share"]
    assert [float(value) for value in clip_share] == [2.0, 6.0]


def test_every_token_may_have_an_advantage_of_its_own():
    terms = make_terms([[[-1.0, -2.0, -3.0]]], credit=[[[1.0, 0.0, -4.0]]], coefficient=[9.0])
    terms.policy_UNT.requires_grad_(True)
    loss = GroupRelative(clip=0.2, clip_high=0.2, beta=0.0)(terms).per_unit_U
    assert loss.tolist() == [1.0]
    loss.sum().backward()
    assert terms.policy_UNT.grad[0, 0].tolist() == pytest.approx([-1 / 3, 0.0, 4 / 3])


def test_the_clip_holds_where_the_ratio_went_the_way_of_the_advantage():
    # Ratios 1.5 and 0.5 of each response: beyond the clip on either side. The last column is padding.
    low, high = -1 - math.log(1.5), -1 - math.log(0.5)
    terms = make_terms(
        [[[-1.0, -1.0, 0.0]], [[-1.0, -1.0, 0.0]], [[-1.0, -1.0, 0.0]]],
        behavior=[[[low, high, 0.0]], [[low, high, 0.0]], [[low, high, -9.0]]],
        mask=[[[1.0, 1.0, 0.0]]] * 3,
        coefficient=[2.0, -2.0, 0.0],
    )
    assert [
        float(value) for value in GroupRelative(clip=0.2, clip_high=0.2, beta=0.0)(terms).metrics["clip_share"]
    ] == [2.0, 6.0]
    assert [
        float(value) for value in GroupRelative(clip=0.6, clip_high=0.6, beta=0.0)(terms).metrics["clip_share"]
    ] == [0.0, 6.0]


def test_the_clip_share_counts_tokens_without_a_surrogate_gradient():
    policy = torch.linspace(-2.0, 0.0, 21, dtype=torch.float64).reshape(1, 21).repeat(2, 1).requires_grad_(True)
    terms = make_terms(policy.detach()[:, None].tolist(), behavior=[[[-1.0] * 21]] * 2, coefficient=[1.0, -1.0])
    ones = torch.ones(2, 21, dtype=torch.float64)
    group_relative(policy, -ones, -ones, ones, terms.advantage_UT, clip=0.2, clip_high=0.2, beta=0.0).sum().backward()
    clip_share = GroupRelative(clip=0.2, clip_high=0.2, beta=0.0)(terms).metrics["clip_share"]
    assert [float(value) for value in clip_share] == [float((policy.grad == 0).sum()), 42.0]


def test_the_penalty_is_measured_without_beta():
    terms = make_terms([[[-1.0, -2.0]]], reference=[[[-1.0, -2.0 + math.log(2)]]])
    total, count = GroupRelative(clip=0.2, clip_high=0.2, beta=0.04)(terms).metrics["kl"]
    assert [float(total), float(count)] == pytest.approx([1 - math.log(2), 2.0])
