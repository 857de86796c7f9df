"""Pairwise losses for labels of which a known share e is wrong. Shapes: P pairs. (`pairwise.dpo` smooths labels.)"""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Robust(PairLoss):
    """`robust` of each pair."""

    beta: float
    label_smoothing: float

    def of(self, terms: Terms) -> Tensor:
        return robust(self.margin(terms), beta=self.beta, label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class EXO(PairLoss):
    """`exo` of each pair."""

    beta: float
    label_smoothing: float

    def of(self, terms: Terms) -> Tensor:
        return exo(self.margin(terms), beta=self.beta, label_smoothing=self.label_smoothing)


def robust(h_P: Tensor, *, beta: float, label_smoothing: float) -> Tensor:
    """``( -(1-e) log sigmoid(beta h) + e log sigmoid(-beta h) ) / (1 - 2e)``, e < 1/2.

    rDPO, Chowdhury et al. 2024 (arXiv 2403.00409): where labels are flipped with chance e, its mean over flips is DPO's
    loss of the true labels. It has no lower bound.
    """
    right_P, wrong_P = F.logsigmoid(beta * h_P), F.logsigmoid(-beta * h_P)
    return (label_smoothing * wrong_P - (1 - label_smoothing) * right_P) / (1 - 2 * label_smoothing)


def exo(h_P: Tensor, *, beta: float, label_smoothing: float) -> Tensor:
    """KL(p, q) of ``p = (sigmoid(beta h), sigmoid(-beta h))`` from ``q = (1-e, e)``, zero where sigmoid(beta h) = 1-e.

    EXO for pairs, Ji et al. 2024 (arXiv 2402.00856): the reverse of the KL that DPO descends, which seeks the mode of
    the preferences. Infinite at e = 0.
    """
    right_P, wrong_P = F.logsigmoid(beta * h_P), F.logsigmoid(-beta * h_P)
    right, wrong = h_P.new_tensor([1 - label_smoothing, label_smoothing]).log()
    return right_P.exp() * (right_P - right) + wrong_P.exp() * (wrong_P - wrong)
