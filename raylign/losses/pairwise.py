"""Pairwise losses on ``h = log pi(y+)/ref(y+) - log pi(y-)/ref(y-)``. Shapes: P pairs.

All of them measure the mean of h (``margin``, nats) and the share of pairs with h > 0 (``accuracy``).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.likelihood import normalized_likelihood
from raylign.losses.loss import Loss, Mean, mean
from raylign.losses.terms import Terms

MEASURES = ("margin", "accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class DPO:
    """`dpo` of each pair."""

    measures: ClassVar[tuple[str, ...]] = MEASURES
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        h_P = terms.margin_U
        return Loss(per_unit_U=dpo(h_P, beta=self.beta), metrics=_measured(h_P))


@dataclass(frozen=True, slots=True, kw_only=True)
class IPO:
    """`ipo` of each pair."""

    measures: ClassVar[tuple[str, ...]] = MEASURES
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        h_P = terms.margin_U
        return Loss(per_unit_U=ipo(h_P, beta=self.beta), metrics=_measured(h_P))


@dataclass(frozen=True, slots=True, kw_only=True)
class SLiC:
    """`slic` of each pair."""

    measures: ClassVar[tuple[str, ...]] = MEASURES
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        h_P = terms.margin_U
        return Loss(per_unit_U=slic(h_P, beta=self.beta), metrics=_measured(h_P))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegularizedDPO:
    """``-log sigmoid(beta h) - lambda/|y+| log pi(y+)``: eq. 15 of CGPO (arXiv 2409.20370), signs put right.

    Measures the second term without lambda as well (``nll``, nats a token of the winner).
    """

    measures: ClassVar[tuple[str, ...]] = (*MEASURES, "nll")
    beta: float
    likelihood_weight: float

    def __call__(self, terms: Terms) -> Loss:
        h_P = terms.margin_U
        winner_P = normalized_likelihood(terms.policy_UN[:, 0], terms.length_UN[:, 0])
        return Loss(
            per_unit_U=dpo(h_P, beta=self.beta) + self.likelihood_weight * winner_P,
            metrics={**_measured(h_P), "nll": mean(winner_P)},
        )


def dpo(h_P: Tensor, *, beta: float) -> Tensor:
    """``-log sigmoid(beta h)``. Rafailov et al. 2023 (arXiv 2305.18290), eq. 7. At h = 0: log 2."""
    return -F.logsigmoid(beta * h_P)


def ipo(h_P: Tensor, *, beta: float) -> Tensor:
    """``(h - 1/(2 beta))^2``. Azar et al. 2023 (arXiv 2310.12036), eq. 17. Zero at h = 1/(2 beta).

    ``h`` sums over tokens, as in the paper; some public code divides the log-ratios by length.
    """
    return (h_P - 1 / (2 * beta)) ** 2


def slic(h_P: Tensor, *, beta: float) -> Tensor:
    """``max(0, 1 - beta h)``. Zhao et al. 2023 (arXiv 2305.10425), as OAIF uses it: no cross-entropy term."""
    return F.relu(1 - beta * h_P)


def _measured(h_P: Tensor) -> dict[str, Mean]:
    return {"margin": mean(h_P), "accuracy": mean((h_P > 0).float())}
