"""The loss of XPO. Shapes: P pairs of the policy's response and the reference's."""

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.loss import Loss, mean
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class XPO:
    """`xpo`, the coefficient being 1 where the policy's response is the better one, else -1.

    Measures the better one's mean lead in log-ratio (``margin``, nats), the share of pairs that have one (``accuracy``)
    and the mean of what optimism takes down (``reference_logp``, nats).
    """

    measures: ClassVar[tuple[str, ...]] = ("margin", "accuracy", "reference_logp")
    beta: float
    alpha: float

    def __call__(self, terms: Terms) -> Loss:
        h_P, logp_P = terms.coefficient_U * terms.margin_U, terms.policy_UN[:, 1]
        return Loss(
            per_unit_U=xpo(h_P, logp_P, beta=self.beta, alpha=self.alpha),
            metrics={"margin": mean(h_P), "accuracy": mean((h_P > 0).float()), "reference_logp": mean(logp_P)},
        )


def xpo(h_P: Tensor, logp_P: Tensor, *, beta: float, alpha: float) -> Tensor:
    """``-log sigmoid(beta h) + alpha log pi(a_bar|s)``. Xie et al. 2024 (arXiv 2405.21046), Algorithm 1.

    ``h_P``: log-ratio of the better response less that of the worse; ``logp_P`` sums over tokens. At alpha = 0: DPO.
    """
    return -F.logsigmoid(beta * h_P) + alpha * logp_P
