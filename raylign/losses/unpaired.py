"""Losses of single responses that somebody found good or bad. Shapes: R responses, of either sort; U examples.

``log_ratio_R = log pi(y)/ref(y)``; ``z0 >= 0``: what log-ratios are compared with, an estimate of KL(pi, ref) over
mismatched prompts and responses, in nats, without a gradient.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.loss import Loss, mean
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class KTO:
    """Of each response, times the size of its coefficient: `kto_desirable` where that is above 0, `kto_undesirable`
    where it is below. Its target is z0.

    Measures the mean log-ratio of either sort, nats.
    """

    measures: ClassVar[tuple[str, ...]] = ("desirable", "undesirable")
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        log_ratio_U, good_U = terms.log_ratio_UN[:, 0], terms.coefficient_U > 0
        beta, z0_U = self.beta, terms.target_UN[:, 0]
        desirable_U = kto_desirable(log_ratio_U, beta=beta, z0=z0_U)
        loss_U = torch.where(good_U, desirable_U, kto_undesirable(log_ratio_U, beta=beta, z0=z0_U))
        return Loss(
            per_unit_U=terms.coefficient_U.abs() * loss_U,
            metrics={
                "desirable": mean(log_ratio_U, good_U.float()),
                "undesirable": mean(log_ratio_U, 1 - good_U.float()),
            },
        )


def kto_desirable(log_ratio_R: Tensor, *, beta: float, z0: float | Tensor = 0.0) -> Tensor:
    """``1 - sigmoid(beta (log_ratio - z0))``. Ethayarajh et al. 2024 (arXiv 2402.01306), eq. 8, times its lambda."""
    return 1 - F.sigmoid(beta * (log_ratio_R - z0))


def kto_undesirable(log_ratio_R: Tensor, *, beta: float, z0: float | Tensor = 0.0) -> Tensor:
    """``1 - sigmoid(beta (z0 - log_ratio))``."""
    return 1 - F.sigmoid(beta * (z0 - log_ratio_R))
