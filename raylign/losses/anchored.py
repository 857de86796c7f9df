"""Losses that hold each response of a pair to the reference, not only to the other. Shapes: P pairs.

``w = log pi(y+)/ref(y+)`` and ``l = log pi(y-)/ref(y-)``: what DPO subtracts, so that both may fall together; here each
has a side of zero, or a value, of its own.
"""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class SPPO(PairLoss):
    """`sppo` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return sppo(*terms.log_ratio_UN.unbind(-1), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class NCA(PairLoss):
    """`nca` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return nca(*terms.log_ratio_UN.unbind(-1), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class BCO(PairLoss):
    """`bco` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return bco(*terms.log_ratio_UN.unbind(-1), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class APOZero(PairLoss):
    """`apo_zero` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return apo_zero(*terms.log_ratio_UN.unbind(-1), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class APODown(PairLoss):
    """`apo_down` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return apo_down(*terms.log_ratio_UN.unbind(-1), beta=self.beta)


def sppo(w_P: Tensor, l_P: Tensor, *, beta: float) -> Tensor:
    """``(w - 1/(2 beta))^2 + (l + 1/(2 beta))^2``. Wu et al. 2024 (arXiv 2405.00675), with hard labels: the chance to
    win is 1 and 0. Their eta is 1/beta.
    """
    return (w_P - 1 / (2 * beta)) ** 2 + (l_P + 1 / (2 * beta)) ** 2


def nca(w_P: Tensor, l_P: Tensor, *, beta: float) -> Tensor:
    """``-log sigmoid(beta w) - 1/2 log sigmoid(-beta w) - 1/2 log sigmoid(-beta l)``. Chen et al. 2024
    (arXiv 2402.05369), of pairs: noise contrast that raises w to log 2 / beta and no further.
    """
    lower_P = F.logsigmoid(-beta * w_P) + F.logsigmoid(-beta * l_P)
    return -F.logsigmoid(beta * w_P) - lower_P / 2


def bco(w_P: Tensor, l_P: Tensor, *, beta: float) -> Tensor:
    """``-log sigmoid(beta w) - log sigmoid(-beta l)``. Jung et al. 2024 (arXiv 2404.04656), its reward shift being 0:
    a classifier of each response whose logit is the log-ratio; an upper bound of DPO's loss.
    """
    return -F.logsigmoid(beta * w_P) - F.logsigmoid(-beta * l_P)


def apo_zero(w_P: Tensor, l_P: Tensor, *, beta: float) -> Tensor:
    """``1 - sigmoid(beta w) + sigmoid(beta l)``. D'Oosterlinck et al. 2024 (arXiv 2408.06266): raises the chosen and
    lowers the rejected, for pairs whose chosen response is better than the policy. KTO's loss where its z0 is 0.
    """
    return 1 - F.sigmoid(beta * w_P) + F.sigmoid(beta * l_P)


def apo_down(w_P: Tensor, l_P: Tensor, *, beta: float) -> Tensor:
    """``sigmoid(beta w) + 1 - sigmoid(beta (w - l))``. Same paper: lowers both, the rejected more, for pairs whose
    chosen response is worse than the policy.
    """
    return F.sigmoid(beta * w_P) + 1 - F.sigmoid(beta * (w_P - l_P))
