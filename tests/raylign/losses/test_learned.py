"""Where the weights of a loss hang; `tests/actors/training/test_learned.py` trains one."""

import pytest
import torch

from raylign.errors import SpecError
from raylign.losses import Loss, Terms
from raylign.losses.correction import Corrected
from raylign.losses.learned import LearnedLoss, hang, is_own
from raylign.losses.policy_gradient import PolicyGradient


class Scaled(LearnedLoss):
    """The policy gradient times a learned scale."""

    def attach(self, policy: torch.nn.Module) -> torch.nn.Module:
        self.scale = torch.nn.Linear(1, 1)
        return self.scale

    def __call__(self, terms: Terms) -> Loss:
        return Loss(per_unit_U=self.scale(terms.policy_UN)[:, 0])


def test_weights_hang_in_what_is_trained_corrected_or_not() -> None:
    policy = torch.nn.Linear(2, 2)
    hang([Scaled(), PolicyGradient(), Corrected(loss=Scaled(), maximum=2.0)], policy, policy, zero_stage=2)
    names = [name for name, _ in policy.named_parameters()]
    assert [name for name in names if not is_own(name)] == ["weight", "bias"]
    assert sum(map(is_own, names)) == 4


def test_weights_that_decay_otherwise_are_a_group_of_their_own() -> None:
    policy, frozen = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2).requires_grad_(False)
    policy.add_module("frozen", frozen)
    plain, decaying = Scaled(), Scaled()
    decaying.weight_decay = 0.5
    first, second = hang([plain, decaying], policy, policy, zero_stage=2)
    assert "weight_decay" not in first
    assert second["weight_decay"] == 0.5
    names = {id(one): name for name, one in policy.named_parameters()}
    found = [[names[id(one)] for one in group["params"]] for group in (first, second)]
    assert found == [
        ["weight", "bias", "objectives.0.weight", "objectives.0.bias"],
        ["objectives.1.weight", "objectives.1.bias"],
    ]


def test_where_no_loss_has_weights_nothing_changes_and_sharding_is_allowed() -> None:
    policy = torch.nn.Linear(2, 2)
    hang([PolicyGradient()], policy, policy, zero_stage=3)
    assert [name for name, _ in policy.named_modules()] == [""]


def test_sharded_weights_are_refused() -> None:
    policy = torch.nn.Linear(2, 2)
    with pytest.raises(SpecError, match="zero_stage 3"):
        hang([Scaled()], policy, policy, zero_stage=3)
