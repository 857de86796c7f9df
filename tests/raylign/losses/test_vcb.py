"""VCB's loss: one term a response equals one a pair, its optimum is the closed form, IPO is one of it."""

from itertools import combinations

import pytest
import torch
from loss_terms import make_terms

from raylign.losses.pairwise import ipo
from raylign.losses.vcb import VCB, vcb


def by_pairs(h_UN, target_UN):
    """As the equation stands: every pair of a prompt's responses."""
    pairs = [
        ((h_UN[:, i] - h_UN[:, j]) - (target_UN[:, i] - target_UN[:, j])) ** 2
        for i, j in combinations(range(h_UN.shape[1]), 2)
    ]
    return torch.stack(pairs).mean(0)


@pytest.mark.parametrize("responses", [2, 3, 7])
def test_one_term_a_response_equals_one_a_pair_and_so_does_its_gradient(responses):
    generator = torch.Generator().manual_seed(responses)
    h, target = 5 * torch.randn(2, 4, responses, generator=generator, dtype=torch.float64)
    gradients = []
    for loss in (vcb, by_pairs):
        leaf = h.clone().requires_grad_(True)
        value = loss(leaf, target)
        value.sum().backward()
        gradients.append((value.detach(), leaf.grad))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_by_hand_and_the_slope_of_what_is_reached_over_what_is_asked():
    # h = 1, 0, -1 and t = 3, 0, 0: gaps of h less gaps of t are 1 - 3, 2 - 3 and 1 - 0.
    terms = make_terms(
        [[[-1.0, 0.0], [-2.0, 0.0], [-3.0, 0.0]]], reference=[[[-2.0, 0.0]] * 3], target=[[3.0, 0.0, 0.0]]
    )
    loss = VCB()(terms)
    assert loss.per_unit_U.tolist() == pytest.approx([(4 + 1 + 1) / 3])
    total, over = loss.metrics["slope"]
    assert (float(total), float(over)) == pytest.approx((1 * 2 + 0 * -1 + -1 * -1, 4 + 1 + 1))


def test_ipo_is_one_pair_with_a_constant_gap():
    h = torch.tensor([[2.0, -1.0], [0.3, 0.1]], dtype=torch.float64)
    gap = torch.tensor([[1 / (2 * 0.1), 0.0]], dtype=torch.float64)
    torch.testing.assert_close(vcb(h, gap), ipo(h[:, 0] - h[:, 1], beta=0.1))


def test_constants_of_a_prompt_change_nothing():
    h, target = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(vcb(h + 100, target - 7), vcb(h, target))
    assert vcb(target + 3, target).max() < 1e-20


def test_the_optimum_of_a_small_policy_is_the_closed_form():
    """Three prompts of five answers: descending the loss ends at ``ref exp(lambda r / sigma) / Z``."""
    generator = torch.Generator().manual_seed(0)
    reference = (2 * torch.randn(3, 5, generator=generator, dtype=torch.float64)).log_softmax(-1)
    rewards = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    sigma, strength = torch.tensor([[0.2], [1.0], [3.0]], dtype=torch.float64), 0.7
    target = strength * rewards / sigma
    logits = torch.zeros(3, 5, dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS([logits], max_iter=200, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure():
        descent.zero_grad()
        loss = vcb(logits.log_softmax(-1) - reference, target).sum()
        loss.backward()
        return loss

    descent.step(closure)
    torch.testing.assert_close(logits.softmax(-1), (reference + target).softmax(-1), atol=1e-6, rtol=0)
