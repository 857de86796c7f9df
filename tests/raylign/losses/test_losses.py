"""Losses against paper and pencil, their limits, their signs and their gradients; laws over all methods."""

import math

import pytest
import torch

from raylign.judges.annotators import RewardAnnotator
from raylign.losses import (
    Terms,
    dpo,
    group_relative,
    importance_ratio,
    ipo,
    normalized_likelihood,
    policy_gradient,
    slic,
    task_loss,
    weighted_likelihood,
)
from raylign.methods import CODPO, CRPG, CRRAFT, GRPO, OAIF

ANNOTATOR = RewardAnnotator()
METHODS = [
    CRPG(),
    CRRAFT(),
    CODPO(beta=0.3, likelihood_weight=0.2),
    OAIF(loss="dpo", beta=0.1, annotator=ANNOTATOR),
    OAIF(loss="ipo", beta=1.0, annotator=ANNOTATOR),
    OAIF(loss="slic", beta=0.5, annotator=ANNOTATOR),
    GRPO(clip=0.3, beta=0.5),
]
PAIRWISE = METHODS[2:6]
NAMES = {id(method): f"{method.type}-{getattr(method, 'loss', '')}" for method in METHODS}


def named(method):
    return NAMES[id(method)]


def terms(method, *, units=3, tokens=4, policy=None, stale=0.0, coefficient=0.7):
    generator = torch.Generator().manual_seed(0)
    sequences = 2 if method in PAIRWISE else 1
    shape = (units, sequences, tokens)
    mask = torch.ones(shape, dtype=torch.float64)
    mask[:, :, -1] = 0
    reference = -torch.rand(shape, generator=generator, dtype=torch.float64) - 0.1
    return Terms(
        policy_UNT=reference.clone() if policy is None else policy,
        reference_UNT=reference,
        behavior_UNT=reference - 0.2,
        mask_UNT=mask,
        coefficient_U=torch.full((units,), coefficient, dtype=torch.float64),
        stale_U=torch.full((units,), stale, dtype=torch.float64),
    )


def test_dpo_numbers():
    h = torch.tensor([0.0, 2.0, -3.0], dtype=torch.float64)
    assert dpo(h, beta=0.5).tolist() == pytest.approx([math.log(2), 0.31326168751822286, 1.7014132779827524])


def test_ipo_numbers():
    h = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    assert ipo(h, beta=1.0).tolist() == pytest.approx([0.25, 0.0, 2.25])


def test_slic_numbers():
    h = torch.tensor([0.0, 2.0, 6.0, -4.0], dtype=torch.float64)
    assert slic(h, beta=0.5).tolist() == pytest.approx([1.0, 0.0, 0.0, 3.0])


def test_policy_gradient_is_a_constant_times_grad_log_pi():
    logp = torch.tensor([-2.0, -3.0], requires_grad=True)
    advantage = torch.tensor([0.5, -1.5], requires_grad=True)
    loss = policy_gradient(logp, advantage)
    assert loss.tolist() == [1.0, -4.5]
    loss.sum().backward()
    assert logp.grad.tolist() == [-0.5, 1.5]
    assert advantage.grad is None


def test_weighted_likelihood_numbers():
    assert weighted_likelihood(torch.tensor([-2.0]), torch.tensor([0.5])).tolist() == [1.0]


def test_normalized_likelihood_divides_by_length():
    assert normalized_likelihood(torch.tensor([-6.0]), torch.tensor([4.0])).tolist() == [1.5]


def test_codpo_by_hand():
    # h = (-1 - -2) - (-3 - -2) = 2; loss = -log sigmoid(0.5 * 2) + 0.1 / 2 * 1 with |a+| = 2 tokens.
    def tensor(first, second):
        return torch.tensor([[first, second]], dtype=torch.float64)

    one = Terms(
        policy_UNT=tensor([-0.5, -0.5], [-1.5, -1.5]),
        reference_UNT=tensor([-1.0, -1.0], [-1.0, -1.0]),
        behavior_UNT=tensor([0.0, 0.0], [0.0, 0.0]),
        mask_UNT=tensor([1.0, 1.0], [1.0, 1.0]),
        coefficient_U=torch.ones(1, dtype=torch.float64),
        stale_U=torch.zeros(1, dtype=torch.float64),
    )
    loss = task_loss(CODPO(beta=0.5, likelihood_weight=0.1), one, max_correction=2.0)
    assert loss.item() == pytest.approx(0.31326168751822286 + 0.1 * 1.0 / 2)


def test_group_relative_by_hand():
    # Token by token: ratios 1.1 and 1.5, the second clipped at 1.2 where the advantage is positive and not where it is
    # negative; ref/pi is 1 for the first token and 2 for the second, whose KL term is 2 - log 2 - 1.
    policy = torch.tensor([[-1.0, -2.0], [-1.0, -2.0]], dtype=torch.float64)
    behavior = policy - torch.tensor([[1.1, 1.5], [1.1, 1.5]], dtype=torch.float64).log()
    reference = policy + torch.tensor([[1.0, 2.0], [1.0, 2.0]], dtype=torch.float64).log()
    advantage = torch.tensor([2.0, -2.0], dtype=torch.float64)
    loss = group_relative(policy, behavior, reference, torch.ones_like(policy), advantage, clip=0.2, beta=0.1)
    kl = 0.1 * (1 - math.log(2))
    assert loss.tolist() == pytest.approx([(-2.2 - 2.4 + kl) / 2, (2.2 + 3.0 + kl) / 2])


def test_importance_ratio_is_one_on_policy_truncated_when_stale_and_a_constant():
    logp = torch.tensor([-1.0, -1.0, -1.0], requires_grad=True)
    behavior = torch.tensor([-1.5, -1.5, -5.0])
    ratio = importance_ratio(logp, behavior, torch.tensor([0.0, 1.0, 1.0]), maximum=2.0)
    assert ratio.tolist() == pytest.approx([1.0, math.exp(0.5), 2.0])
    assert not ratio.requires_grad


@pytest.mark.parametrize("method", [METHODS[0], METHODS[1]], ids=named)
def test_stale_samples_are_corrected_by_the_ratio(method):
    fresh = task_loss(method, terms(method), max_correction=10.0)
    stale = task_loss(method, terms(method, stale=1.0), max_correction=10.0)
    assert (stale / fresh).tolist() == pytest.approx([math.exp(0.2 * 3)] * 3)  # 3 real tokens, 0.2 nats each


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_value_at_the_reference(method):
    loss = task_loss(method, terms(method), max_correction=2.0)
    logp = (terms(method).reference_UNT * terms(method).mask_UNT).sum(-1)
    expected = {
        "crpg-": -0.7 * logp[:, 0],
        "crraft-": -0.7 * logp[:, 0],
        "codpo-": math.log(2) - 0.2 * logp[:, 0] / 3,
        "oaif-dpo": torch.full((3,), math.log(2)),
        "oaif-ipo": torch.full((3,), 0.25),
        "oaif-slic": torch.ones(3),
        "grpo-": torch.full((3,), -0.7 * math.exp(0.2)),  # the sampler liked every token 0.2 nats less
    }[named(method)]
    assert loss.tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_gradcheck(method):
    base = terms(method)

    def loss(policy):
        return task_loss(method, terms(method, policy=policy), max_correction=2.0)

    generator = torch.Generator().manual_seed(1)
    policy = base.reference_UNT + torch.randn(base.reference_UNT.shape, generator=generator, dtype=torch.float64) / 3
    assert torch.autograd.gradcheck(loss, policy.requires_grad_(True))


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_padding_changes_nothing_and_gets_no_gradient(method):
    base = terms(method)
    policy = base.reference_UNT.clone()
    policy[:, :, -1] = 123.0
    policy.requires_grad_(True)
    loss = task_loss(method, terms(method, policy=policy), max_correction=2.0)
    assert loss.tolist() == pytest.approx(task_loss(method, base, max_correction=2.0).tolist())
    loss.sum().backward()
    assert policy.grad[:, :, -1].abs().max() == 0
    assert policy.grad[:, :, :-1].abs().max() > 0


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_units_do_not_see_each_other(method):
    base = terms(method)
    whole = task_loss(method, base, max_correction=2.0)
    for unit in range(3):
        picked = {name: getattr(base, name)[unit : unit + 1] for name in Terms.__dataclass_fields__}
        assert task_loss(method, Terms(**picked), max_correction=2.0).item() == pytest.approx(whole[unit].item())


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_gradient_raises_the_wanted_and_lowers_the_unwanted(method):
    policy = terms(method).reference_UNT.clone().requires_grad_(True)
    task_loss(method, terms(method, policy=policy), max_correction=2.0).sum().backward()
    assert (policy.grad[:, 0, :-1] < 0).all()  # descending raises the log-probs of the first sequence
    if method in PAIRWISE:
        assert (policy.grad[:, 1, :-1] > 0).all()


@pytest.mark.parametrize("method", METHODS, ids=named)
@pytest.mark.parametrize("shift", [-300.0, 300.0])
def test_finite_at_extreme_log_ratios(method, shift):
    base = terms(method)
    policy = base.reference_UNT.clone()
    policy[:, 0] += shift
    policy.requires_grad_(True)
    loss = task_loss(method, terms(method, policy=policy, stale=1.0), max_correction=2.0)
    loss.sum().backward()
    assert loss.isfinite().all()
    assert policy.grad.isfinite().all()
