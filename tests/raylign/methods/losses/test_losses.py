"""The losses of pairs as jobs name them: documents, and the laws that every one of them keeps."""

import math
import pickle

import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from raylign.losses import Terms, build
from raylign.methods.losses import NAMED, OWN, AnyPairLoss

LOSSES = [loss() for loss in OWN]
MARGIN = 0.7
"""The coefficient of all pairs."""
ODD = {"apo_down", "discopop", "minor_dpo"}
"""At the reference these have no slope for one of the two responses, or rise before they fall."""

TOLD = {"aot"}
"""These have the reference's part as a constant."""


def named(loss):
    return loss.type


def terms(policy=None, *, scale=0.0, shift=0.0, reference=None):
    """Three pairs of up to three tokens and padding; ``scale``: how far the policy is from the reference."""
    generator = torch.Generator().manual_seed(0)
    shape = (3, 2, 4)
    mask = torch.ones(shape, dtype=torch.float64)
    mask[:, :, -1] = mask[1, 0, -2] = 0
    near = -torch.rand(shape, generator=generator, dtype=torch.float64) - 0.1
    moved = near + scale * torch.randn(shape, generator=generator, dtype=torch.float64)
    moved[:, 0] += shift
    return Terms(
        policy_UNT=moved if policy is None else policy,
        reference_UNT=near if reference is None else reference,
        behavior_UNT=near,
        mask_UNT=mask,
        coefficient_U=torch.full((3,), MARGIN, dtype=torch.float64),
        stale_U=torch.zeros(3, dtype=torch.float64),
    )


def tensors_of(given):
    return {name: tensor for name in Terms.__dataclass_fields__ if (tensor := getattr(given, name)) is not None}


def computed(loss, given):
    return build(loss.objective, max_correction=1.0)(given)


def test_what_each_is_at_the_reference():
    base = terms()
    logp_UN = (base.policy_UNT * base.mask_UNT).sum(-1)
    mean_UN = logp_UN / base.mask_UNT.sum(-1)
    log_two = math.log(2)
    exo = -log_two - math.log(1e-3 * (1 - 1e-3)) / 2
    constants = {
        "dpo": log_two, "dpo_norm": log_two, "ipo": 0.25, "ipo_norm": 25.0, "slic": 1.0, "robust": log_two, "exo": exo,
        "discopop": (1 + log_two) / 2, "sppo": 2 * 500.0**2, "nca": 2 * log_two, "bco": 2 * log_two, "apo_zero": 1.0,
        "apo_down": 1.0, "minor_dpo": log_two, "modpo": math.log1p(math.exp(MARGIN)), "dpo_forward_kl": log_two,
        "dpo_js": log_two, "dpo_alpha": log_two, "aot_unpaired": log_two,
    }  # fmt: skip
    free = {
        "simpo": torch.log1p(torch.exp(1.0 - 2.0 * (mean_UN[:, 0] - mean_UN[:, 1]))),
        "cpo": torch.log1p(torch.exp(-0.1 * (logp_UN[:, 0] - logp_UN[:, 1]))) - mean_UN[:, 0],
        "aot": torch.log1p(torch.exp(-0.1 * (logp_UN[:, 0] - logp_UN[:, 1] - MARGIN))),
        "orpo": 0.1 * torch.log1p(odds(mean_UN[:, 1]) / odds(mean_UN[:, 0])) - mean_UN[:, 0],
    }
    assert constants.keys() | free.keys() == NAMED.keys()
    for loss in LOSSES:
        expected = free[loss.type].tolist() if loss.type in free else [constants[loss.type]] * 3
        assert computed(loss, base).per_unit_U.tolist() == pytest.approx(expected), loss.type


def odds(logp):
    return logp.exp() / (1 - logp.exp())


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss.type != "aot_unpaired"], ids=named)
def test_gradients_are_those_of_finite_differences(loss):
    policy = terms(scale=0.3).policy_UNT.requires_grad_(True)
    assert torch.autograd.gradcheck(lambda one: computed(loss, terms(one)).per_unit_U, policy, rtol=1e-2)


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_descending_raises_the_chosen_and_lowers_the_rejected_response(loss):
    policy = terms(shift=-0.01 if loss.type in ODD else 0.0).policy_UNT.requires_grad_(True)
    computed(loss, terms(policy)).per_unit_U.sum().backward()
    inside = terms().mask_UNT > 0
    if loss.type not in ODD:
        assert (policy.grad[:, 0][inside[:, 0]] < 0).all()
        assert (policy.grad[:, 1][inside[:, 1]] > 0).all()
    assert (policy.grad[~inside] == 0).all()


@pytest.mark.parametrize("loss", LOSSES, ids=named)
@pytest.mark.parametrize("shift", [-300.0, 300.0])
def test_finite_however_far_the_policy_has_gone(loss, shift):
    far = terms(shift=shift)
    policy = far.policy_UNT.float().requires_grad_(True)
    given = {name: tensor.float() for name, tensor in tensors_of(far).items()}
    value = computed(loss, Terms(**{**given, "policy_UNT": policy})).per_unit_U
    value.sum().backward()
    assert value.isfinite().all()
    assert (policy.grad**2).isfinite().all()


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_the_reference_counts_where_it_is_needed(loss):
    other = terms().reference_UNT - torch.tensor([0.5, 0.1])[None, :, None]
    same = torch.equal(*(computed(loss, given).per_unit_U for given in (terms(), terms(reference=other))))
    assert same != (loss.needs_reference and loss.type not in TOLD)


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_it_measures_what_it_says(loss):
    assert tuple(computed(loss, terms()).metrics) == build(loss.objective, max_correction=1.0).measures


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_settings_are_plain_data(loss):
    adapter = TypeAdapter(AnyPairLoss)
    assert adapter.validate_python(loss.type) == adapter.validate_json(loss.model_dump_json()) == loss
    assert pickle.loads(pickle.dumps(loss.objective)) == loss.objective


def test_defaults_of_the_small_families_are_the_papers():
    names = ("robust", "exo", "minor_dpo", "modpo", "dpo_forward_kl", "dpo_js", "dpo_alpha")
    assert {name: NAMED[name]().objective.settings for name in names} == {
        "robust": {"beta": 0.1, "label_smoothing": 0.1},
        "exo": {"beta": 0.1, "label_smoothing": 1e-3},
        "minor_dpo": {"beta": 0.1},
        "modpo": {"beta": 0.1, "own_weight": 0.5},
        "dpo_forward_kl": {"beta": 0.1},
        "dpo_js": {"beta": 0.1},
        "dpo_alpha": {"beta": 0.1, "alpha": 0.5},
    }


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"type": "dpo", "gamma": 1.0}, "dpo has no `gamma`: it is a setting of simpo"),
        ({"type": "ipo", "label_smoothing": 0.1}, "it is a setting of dpo, dpo_norm, robust, exo, simpo, cpo"),
        ({"type": "dpo", "colour": 1.0}, "Extra inputs are not permitted"),
        ({"type": "robust", "label_smoothing": 0.5}, "less than 0.5"),
        ({"type": "exo", "label_smoothing": 0.0}, "greater than 0"),
        ({"type": "discopop", "tau": 2.0}, "less than or equal to 1"),
        ({"type": "dpo_alpha", "alpha": 1.0}, "less than 1"),
        ("kto", "does not match any of the expected tags"),
    ],
)
def test_what_a_loss_has_not_is_refused(document, says):
    with pytest.raises(ValidationError, match=says):
        TypeAdapter(AnyPairLoss).validate_python(document)
