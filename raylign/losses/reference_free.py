"""Pairwise losses of the policy's own log-probs: no reference takes part. Shapes: P pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.likelihood import normalized_likelihood
from raylign.losses.loss import Mean, mean
from raylign.losses.pair import MEASURES, PairLoss
from raylign.losses.pairwise import dpo
from raylign.losses.terms import Terms

SURE = -1e-6
"""Nats a token above which a response is taken to be certain: its odds are finite, and beyond are all alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimPO(PairLoss):
    """`simpo` of each pair. ``margin``: of log-probs, nats a token."""

    beta: float
    gamma: float
    label_smoothing: float = 0.0

    def margin(self, terms: Terms) -> Tensor:
        return _difference(terms.policy_UN / terms.length_UN)

    def of(self, terms: Terms) -> Tensor:
        return simpo(self.margin(terms), beta=self.beta, gamma=self.gamma, label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class CPO(PairLoss):
    """``-log sigmoid(beta (log pi(y+) - log pi(y-))) - lambda/|y+| log pi(y+)``. Xu et al. 2024 (arXiv 2401.08417).

    DPO's upper bound under a uniform reference, and imitation of the chosen response; the paper does not divide that
    by the length. With ``likelihood_weight`` 0 it is DPO without its reference.

    ``margin``: of log-probs, nats. ``nll``: nats a token of the chosen response.
    """

    measures: ClassVar[tuple[str, ...]] = (*MEASURES, "nll")
    beta: float
    likelihood_weight: float
    label_smoothing: float = 0.0

    def margin(self, terms: Terms) -> Tensor:
        return _difference(terms.policy_UN)

    def of(self, terms: Terms) -> Tensor:
        contrast_P = dpo(self.margin(terms), beta=self.beta, label_smoothing=self.label_smoothing)
        return contrast_P + self.likelihood_weight * _chosen(terms)

    def beside(self, terms: Terms) -> Mapping[str, Mean]:
        return {"nll": mean(_chosen(terms))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ORPO(PairLoss):
    """``-1/|y+| log pi(y+) + beta odds_ratio``. Hong et al. 2024 (arXiv 2403.07691), eq. 6; their lambda is beta.

    ``margin``: log of the odds ratio, whose odds are of a token in the geometric mean. ``nll``: nats a token of the
    chosen response.
    """

    measures: ClassVar[tuple[str, ...]] = (*MEASURES, "nll")
    beta: float

    def margin(self, terms: Terms) -> Tensor:
        return log_odds_ratio(*(terms.policy_UN / terms.length_UN).unbind(-1))

    def of(self, terms: Terms) -> Tensor:
        return _chosen(terms) - self.beta * F.logsigmoid(self.margin(terms))

    def beside(self, terms: Terms) -> Mapping[str, Mean]:
        return {"nll": mean(_chosen(terms))}


def simpo(margin_P: Tensor, *, beta: float, gamma: float, label_smoothing: float = 0.0) -> Tensor:
    """``-log sigmoid(beta (log pi(y+)/|y+| - log pi(y-)/|y-|) - gamma)``. Meng et al. 2024 (arXiv 2405.14734), eq. 6.

    ``margin_P``: what beta stands before. Zero of its logit is a margin of gamma/beta.
    """
    return dpo(margin_P - gamma / beta, beta=beta, label_smoothing=label_smoothing)


def log_odds_ratio(chosen_P: Tensor, rejected_P: Tensor) -> Tensor:
    """``log( odds(y+) / odds(y-) )``, ``odds = p / (1 - p)``, ``log p`` a response's log-prob by token: ORPO, eq. 7."""
    return _log_odds(chosen_P) - _log_odds(rejected_P)


def _log_odds(logp_P: Tensor) -> Tensor:
    return logp_P - (-logp_P.clamp(max=SURE).expm1()).log()


def _difference(logp_PN: Tensor) -> Tensor:
    return logp_PN[:, 0] - logp_PN[:, 1]


def _chosen(terms: Terms) -> Tensor:
    return normalized_likelihood(terms.policy_UN[:, 0], terms.length_UN[:, 0])
