"""Pairwise losses on ``h = log pi(y+)/ref(y+) - log pi(y-)/ref(y-)``. Shapes: P pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.likelihood import normalized_likelihood
from raylign.losses.loss import Mean, mean
from raylign.losses.pair import MEASURES, PairLoss
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class DPO(PairLoss):
    """`dpo` of each pair."""

    beta: float
    label_smoothing: float = 0.0

    def of(self, terms: Terms) -> Tensor:
        return dpo(self.margin(terms), beta=self.beta, label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class IPO(PairLoss):
    """`ipo` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return ipo(self.margin(terms), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class SLiC(PairLoss):
    """`slic` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return slic(self.margin(terms), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoPOP(PairLoss):
    """`discopop` of each pair."""

    beta: float
    tau: float

    def of(self, terms: Terms) -> Tensor:
        return discopop(self.margin(terms), beta=self.beta, tau=self.tau)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegularizedDPO(PairLoss):
    """``-log sigmoid(beta h) - lambda/|y+| log pi(y+)``: eq. 15 of CGPO (arXiv 2409.20370), signs put right.

    Measures the second term without lambda as well (``nll``, nats a token of the winner).
    """

    measures: ClassVar[tuple[str, ...]] = (*MEASURES, "nll")
    beta: float
    likelihood_weight: float

    def of(self, terms: Terms) -> Tensor:
        return dpo(self.margin(terms), beta=self.beta) + self.likelihood_weight * _winners(terms)

    def beside(self, terms: Terms) -> Mapping[str, Mean]:
        return {"nll": mean(_winners(terms))}


def dpo(h_P: Tensor, *, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """``-log sigmoid(beta h)``. Rafailov et al. 2023 (arXiv 2305.18290), eq. 7. At h = 0: log 2.

    With e, the chance that a pair's label is wrong, ``-(1-e) log sigmoid(beta h) - e log sigmoid(-beta h)``: eq. 3 of
    the authors' note "A note on DPO with noisy preferences" (cDPO), whose optimum is no longer at infinity.
    """
    loss_P = -F.logsigmoid(beta * h_P)
    return loss_P if label_smoothing == 0 else loss_P + label_smoothing * beta * h_P


def ipo(h_P: Tensor, *, beta: float) -> Tensor:
    """``(h - 1/(2 beta))^2``. Azar et al. 2023 (arXiv 2310.12036), eq. 17. Zero at h = 1/(2 beta).

    ``h`` sums over tokens, as in the paper; some public code divides the log-ratios by length.
    """
    return (h_P - 1 / (2 * beta)) ** 2


def slic(h_P: Tensor, *, beta: float) -> Tensor:
    """``max(0, 1 - beta h)``. Zhao et al. 2023 (arXiv 2305.10425), as OAIF uses it: no cross-entropy term."""
    return F.relu(1 - beta * h_P)


def discopop(h_P: Tensor, *, beta: float, tau: float) -> Tensor:
    """``-(1 - m) log sigmoid(beta h) + m exp(-beta h)``, ``m = sigmoid(beta h / tau)``: the loss that a search by
    language models found. Lu et al. 2024 (arXiv 2406.08414).

    Not convex: at h = 0 it is (1 + log 2)/2, and at the paper's tau, 0.05, it rises from there before it falls. Up to
    tau = 1 the second summand is at most 1 wherever h is; above it grows without bound.
    """
    logit_P = beta * h_P
    modulation_P = F.sigmoid(logit_P / tau)
    return -(1 - modulation_P) * F.logsigmoid(logit_P) + (F.logsigmoid(logit_P / tau) - logit_P).exp()


def _winners(terms: Terms) -> Tensor:
    return normalized_likelihood(terms.policy_UN[:, 0], terms.length_UN[:, 0])
