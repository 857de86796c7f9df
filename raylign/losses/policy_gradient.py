"""The policy-gradient term of CRPG. Shapes: U responses."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from raylign.losses.loss import Loss
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGradient:
    """`policy_gradient`, the coefficient being the advantage."""

    measures: ClassVar[tuple[str, ...]] = ()

    def __call__(self, terms: Terms) -> Loss:
        return Loss(per_unit_U=policy_gradient(terms.policy_UN[:, 0], terms.coefficient_U))


def policy_gradient(logp_U: Tensor, advantage_U: Tensor) -> Tensor:
    """``-A log pi(a|s)``: its gradient is eq. 12 of CGPO (arXiv 2409.20370), a constant times grad log pi.

    No clipping, no critic; ``logp_U`` sums over tokens.
    """
    return -advantage_U.detach() * logp_U
