"""Laws over the objectives of all methods: their limits, their signs, their gradients, what they measure."""

import math
import pickle
from dataclasses import replace

import pytest
import torch

from raylign.judges.annotator import RewardAnnotator
from raylign.losses import Terms, build
from raylign.losses.terms import Reading
from raylign.methods import CODPO, CRPG, CRRAFT, GRPO, OAIF, RLOO, VCB, XPO, Lagrangian, NashMD, ReinforcePP
from raylign.methods.tdpo import TDPO

ANNOTATOR = RewardAnnotator()
METHODS = [
    CRPG(),
    CRRAFT(),
    CODPO(beta=0.3, likelihood_weight=0.2),
    OAIF(loss="dpo", beta=0.1, annotator=ANNOTATOR),
    OAIF(loss="ipo", beta=1.0, annotator=ANNOTATOR),
    OAIF(loss="slic", beta=0.5, annotator=ANNOTATOR),
    VCB(),
    XPO(beta=0.4, alpha=0.2),
    TDPO(version=1, beta=0.5),
    TDPO(version=2, beta=0.5, alpha=0.7),
    GRPO(clip=0.3, beta=0.5),
    RLOO(),
    ReinforcePP(clip=0.3, kl="loss", beta=0.5),
    Lagrangian(clip=0.3, beta=0.5),
    NashMD(),
]
PAIRWISE = METHODS[2:10]


def called(method):
    loss = getattr(method, "loss", None)
    return f"{method.type}-{loss.type if loss else getattr(method, 'version', '')}"


NAMES = {id(method): called(method) for method in METHODS}


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
        target_UN=torch.tensor([[0.5, 0.0][:sequences]] * units, dtype=torch.float64),
        reading=Reading(divergence=0.3 * mask),
    )


def part(terms, units):
    fields = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
    return Terms(**{name: None if value is None else value[units] for name, value in fields.items()})


def loss_of(method, terms, max_correction=2.0):
    return build(method.objective, max_correction=max_correction)(terms)


def values_of(method, terms, max_correction=2.0):
    return loss_of(method, terms, max_correction).per_unit_U


@pytest.mark.parametrize("method", [one for one in METHODS if one.objective.corrects_stale], ids=named)
def test_stale_samples_are_corrected_by_the_ratio(method):
    fresh = values_of(method, terms(method), max_correction=10.0)
    stale = values_of(method, terms(method, stale=1.0), max_correction=10.0)
    assert (stale / fresh).tolist() == pytest.approx([math.exp(0.2 * 3)] * 3)  # 3 real tokens, 0.2 nats each


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_value_at_the_reference(method):
    loss = values_of(method, terms(method))
    logp = (terms(method).reference_UNT * terms(method).mask_UNT).sum(-1)
    expected = {
        "crpg-": -0.7 * logp[:, 0],
        "rloo-": -0.7 * logp[:, 0],
        "crraft-": -0.7 * logp[:, 0],
        "codpo-": math.log(2) - 0.2 * logp[:, 0] / 3,
        "oaif-dpo": torch.full((3,), math.log(2)),
        "oaif-ipo": torch.full((3,), 0.25),
        "oaif-slic": torch.ones(3),
        "vcb-": torch.full((3,), 0.25),
        "tdpo-1": torch.full((3,), math.log(2)),
        "tdpo-2": torch.full((3,), math.log(2)),
        "grpo-": torch.full((3,), -0.7 * math.exp(0.2)),  # the sampler liked every token 0.2 nats less
        "reinforce_pp-": torch.full((3,), -0.7 * math.exp(0.2)),
        "nash_md-": -0.7 * logp[:, 0],
        "xpo-": math.log(2) + 0.2 * logp[:, -1],
        "lagrangian-": torch.full((3,), -0.7 * math.exp(0.2)),
    }[named(method)]
    assert loss.tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_gradcheck(method):
    base = terms(method)

    def loss(policy):
        return values_of(method, terms(method, policy=policy))

    generator = torch.Generator().manual_seed(1)
    policy = base.reference_UNT + torch.randn(base.reference_UNT.shape, generator=generator, dtype=torch.float64) / 3
    assert torch.autograd.gradcheck(loss, policy.requires_grad_(True))


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_padding_changes_nothing_and_gets_no_gradient(method):
    base = terms(method)
    policy = base.reference_UNT.clone()
    policy[:, :, -1] = 123.0
    policy.requires_grad_(True)
    loss = values_of(method, terms(method, policy=policy))
    assert loss.tolist() == pytest.approx(values_of(method, base).tolist())
    loss.sum().backward()
    assert policy.grad[:, :, -1].abs().max() == 0
    assert policy.grad[:, :, :-1].abs().max() > 0


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_units_do_not_see_each_other(method):
    base = terms(method)
    whole = values_of(method, base)
    for unit in range(3):
        assert values_of(method, part(base, slice(unit, unit + 1))).item() == pytest.approx(whole[unit].item())


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_a_responses_loss_comes_of_its_tokens_as_announced(method):
    how, base = method.objective.over_tokens, terms(method)
    assert (how is None) == (method in PAIRWISE)
    if how:
        whole = values_of(method, base)
        parts = []
        for token in range(3):
            mask = torch.zeros_like(base.mask_UNT)
            mask[:, :, token] = 1
            parts.append(values_of(method, replace(base, mask_UNT=mask)))
        total = torch.stack(parts).sum(0)
        assert whole.tolist() == pytest.approx((total if how == "sum" else total / 3).tolist())


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_gradient_raises_the_wanted_and_lowers_the_unwanted(method):
    policy = terms(method).reference_UNT.clone().requires_grad_(True)
    values_of(method, terms(method, policy=policy)).sum().backward()
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
    loss = values_of(method, terms(method, policy=policy, stale=1.0))
    loss.sum().backward()
    assert loss.isfinite().all()
    assert policy.grad.isfinite().all()


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_metrics_are_those_announced_and_hold_no_graph(method):
    base = terms(method)
    loss = loss_of(method, terms(method, policy=base.reference_UNT.clone().requires_grad_(True), stale=1.0))
    assert tuple(loss.metrics) == build(method.objective, max_correction=2.0).measures
    for total, count in loss.metrics.values():
        assert total.dtype == count.dtype == torch.float64
        assert not total.requires_grad
        assert total.isfinite()
        assert count > 0


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_metrics_of_parts_add_up_and_do_not_see_padding(method):
    base = terms(method, stale=1.0)
    policy = base.reference_UNT.clone()
    policy[:, :, -1] = 123.0
    whole = loss_of(method, terms(method, stale=1.0)).metrics
    padded = loss_of(method, terms(method, policy=policy, stale=1.0)).metrics
    parts = [loss_of(method, part(base, units)).metrics for units in (slice(0, 1), slice(1, 3))]
    for name, mean in whole.items():
        expected = pytest.approx([float(value) for value in mean])
        assert [float(value) for value in padded[name]] == expected
        assert [float(sum(values)) for values in zip(*(part[name] for part in parts), strict=True)] == expected


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_an_objective_is_plain_data(method):
    objective = method.objective
    assert pickle.loads(pickle.dumps(objective)) == objective
    assert build(objective, max_correction=2.0) == build(objective, max_correction=2.0)
