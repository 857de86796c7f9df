"""Likelihood terms: imitation of chosen responses. Shapes: U responses."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from raylign.losses.loss import Loss, mean
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedLikelihood:
    """`weighted_likelihood`, the coefficient being the weight; measures ``-log pi(a*|s) / |a*|`` beside it."""

    measures: ClassVar[tuple[str, ...]] = ("nll",)

    def __call__(self, terms: Terms) -> Loss:
        logp_U = terms.policy_UN[:, 0]
        return Loss(
            per_unit_U=weighted_likelihood(logp_U, terms.coefficient_U),
            metrics={"nll": mean(normalized_likelihood(logp_U, terms.length_UN[:, 0]))},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """``-log pi(a|s)``, summed over the response's tokens; measures its mean over all tokens, in nats."""

    measures: ClassVar[tuple[str, ...]] = ("nll",)

    def __call__(self, terms: Terms) -> Loss:
        nll = mean(-terms.policy_UNT, terms.mask_UNT)
        return Loss(per_unit_U=-terms.policy_UN[:, 0], metrics={"nll": nll})


def weighted_likelihood(logp_U: Tensor, weight_U: Tensor) -> Tensor:
    """``-R_calib log pi(a*|s)``: descending it is CRRAFT's step, eq. 18 of CGPO (arXiv 2409.20370)."""
    return -weight_U.detach() * logp_U


def normalized_likelihood(logp_U: Tensor, length_U: Tensor) -> Tensor:
    """``-log pi(a+|s) / |a+|``: the regularizer of CODPO, eq. 15 of CGPO; ``length_U`` counts tokens."""
    return -logp_U / length_U
