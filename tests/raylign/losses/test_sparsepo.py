"""Masked losses: where they are TDPO1 and DPO, gradients against a plain formula, what masks cost and measure."""

from dataclasses import replace

import pytest
import torch
from loss_terms import FakePolicy, make_reading, make_terms

from raylign.losses.pairwise import DPO
from raylign.losses.sparsepo import MaPO, SparsePO, masked
from raylign.losses.tdpo import TDPO1
from raylign.losses.terms import Reading

BETA = 0.5
MASK = [[[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]]


def draw(seed, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def pairs(policy=None):
    reference = draw(0, 2, 2, 3)
    terms = make_terms((reference + draw(1, 2, 2, 3)).tolist(), reference=reference.tolist(), mask=MASK)
    reading = make_reading(draw(2, 2, 2, 3).abs())
    return replace(terms, reading=reading, policy_UNT=terms.policy_UNT if policy is None else policy)


def sparse(mask="common", l1_ratio=0.0, l1_kl=0.0):
    loss = SparsePO(beta=BETA, mask=mask, l1_ratio=l1_ratio, l1_kl=l1_kl, weight_decay=0.0)
    return loss, loss.attach(FakePolicy())


@pytest.mark.parametrize("mask", ["common", "independent"])
def test_a_mask_of_one_is_tdpo1_and_that_is_how_learned_ones_start(mask):
    loss, _ = sparse(mask)
    terms = pairs()
    expected = TDPO1(beta=BETA)(terms).per_unit_U
    torch.testing.assert_close(loss(terms).per_unit_U, expected, rtol=1e-6, atol=1e-6)  # masks are in float32
    ones = torch.ones(2, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(-torch.nn.functional.logsigmoid(BETA * masked(terms, ones, ones)), expected)


def test_log_ratios_alone_are_dpo():
    loss, nets = sparse("independent")
    with torch.no_grad():
        nets[1].bias_L.fill_(-1.0)
    found = loss(pairs())
    expected = DPO(beta=BETA)(pairs()).per_unit_U
    torch.testing.assert_close(found.per_unit_U, expected, rtol=1e-6, atol=1e-6)
    shares = {name: float(total / count) for name, (total, count) in found.metrics.items() if "mask" in name}
    assert shares.pop("masked_margin") == pytest.approx(float(pairs().margin_U.mean()))
    assert shares == {
        "mask": 1.0, "mask_zeros_chosen": 0.0, "mask_zeros_rejected": 0.0,
        "kl_mask": 0.0, "kl_mask_zeros_chosen": 1.0, "kl_mask_zeros_rejected": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(("mask", "cost"), [("common", (0.1 + 0.3) / 2), ("independent", 0.1 + 0.3)])
def test_masks_cost_their_sum_over_response_tokens(mask, cost):
    free, _ = sparse(mask)
    loss, _ = sparse(mask, l1_ratio=0.1, l1_kl=0.3)
    spent = loss(pairs()).per_unit_U - free(pairs()).per_unit_U
    assert spent.tolist() == pytest.approx([cost * 5, cost * 4], rel=1e-6)


def test_gradients_are_those_of_the_plain_formula():
    """Of the policy and of every weight of both masks, in float64 written out token by token."""
    loss, nets = sparse("independent", l1_ratio=0.1, l1_kl=0.3)
    with torch.no_grad():
        for seed, one in enumerate(nets.parameters()):
            one.add_(0.3 * draw(10 + seed, *one.shape))
    policy = pairs().policy_UNT.clone().requires_grad_()
    divergence = pairs().reading.divergence.clone().requires_grad_()
    given = pairs(policy)
    given = replace(given, reading=replace(given.reading, divergence=divergence))
    asked = [policy, divergence, *nets.parameters()]
    actual = torch.autograd.grad(loss(given).per_unit_U.sum(), asked)
    total = torch.zeros((), dtype=torch.float64)
    for p in range(2):
        sides = []
        for n in range(2):
            side = torch.zeros((), dtype=torch.float64)
            for t in range(int(sum(MASK[p][n]))):
                m = [torch.zeros(()).double(), torch.zeros(()).double()]
                for k, net in enumerate(nets):
                    for layer in range(2):
                        h = given.reading.states[p, n, t, layer]
                        normed = (h - h.mean()) / (
                            h.var(unbiased=False) + 1e-5
                        ).sqrt() * net.norm.weight + net.norm.bias
                        m[k] = m[k] + net.mixer_L[layer] * (net.weight_LH[layer] @ normed + net.bias_L[layer]).clamp(
                            min=0
                        )
                u, d = (one.clamp(min=0) for one in m)
                side = side + u * (policy[p, n, t] - given.reference_UNT[p, n, t]) + d * divergence[p, n, t]
                total = total + 0.1 * u + 0.3 * d
            sides.append(side)
        total = total - torch.nn.functional.logsigmoid(BETA * (sides[0] - sides[1]))
    expected = torch.autograd.grad(total, asked)
    for one, other in zip(actual, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    assert all(one.abs().max() > 0 for one in actual)


def test_masks_of_activations_are_constants_between_0_and_1():
    policy = pairs().policy_UNT.clone().requires_grad_()
    found = MaPO(beta=BETA)(pairs(policy))
    found.per_unit_U.sum().backward()
    assert policy.grad.abs().max() > 0
    mean = found.metrics["mask"]
    assert 0 < float(mean.total / mean.over) < 1
    assert float(mean.over) == 9
    same = replace(pairs(), reading=Reading(divergence=pairs().reading.divergence, maps=torch.ones(2, 2, 3, 7)))
    torch.testing.assert_close(
        MaPO(beta=BETA)(same).per_unit_U, TDPO1(beta=BETA)(same).per_unit_U, rtol=1e-6, atol=1e-6
    )
