"""CRPG's loss by paper and pencil."""

import torch
from loss_terms import make_terms

from raylign.losses.policy_gradient import PolicyGradient, policy_gradient


def test_policy_gradient_is_a_constant_times_grad_log_pi():
    logp = torch.tensor([-2.0, -3.0], requires_grad=True)
    advantage = torch.tensor([0.5, -1.5], requires_grad=True)
    loss = policy_gradient(logp, advantage)
    assert loss.tolist() == [1.0, -4.5]
    loss.sum().backward()
    assert logp.grad.tolist() == [-0.5, 1.5]
    assert advantage.grad is None


def test_log_probs_are_summed_over_tokens():
    terms = make_terms([[[-0.5, -1.5]], [[-1.0, -2.0]]], coefficient=[0.5, -1.5])
    assert PolicyGradient()(terms).per_unit_U.tolist() == [1.0, -4.5]
