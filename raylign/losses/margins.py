"""DPO's loss of another margin than h. Shapes: P pairs; ``w, l`` log-ratios of the chosen and the rejected response."""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorDPO(PairLoss):
    """`minor_dpo` of each pair."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return minor_dpo(*terms.log_ratio_UN.unbind(-1), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class MODPO(PairLoss):
    """`modpo` of each pair, the coefficient being the other objectives' margin."""

    beta: float
    own_weight: float

    def of(self, terms: Terms) -> Tensor:
        return modpo(self.margin(terms), terms.coefficient_U, beta=self.beta, own_weight=self.own_weight)


def minor_dpo(w_P: Tensor, l_P: Tensor, *, beta: float) -> Tensor:
    """``-log sigmoid(beta (w - max(0, l)))``. Xie et al. 2024 (arXiv 2408.09834): a rejected response that the policy
    already likes less than the reference does is pushed down no further.
    """
    return -F.logsigmoid(beta * (w_P - F.relu(l_P)))


def modpo(h_P: Tensor, margin_P: Tensor, *, beta: float, own_weight: float) -> Tensor:
    """``-log sigmoid( (beta h - (1 - k) m) / k )``. Zhou et al. 2023 (arXiv 2310.03708), of two objectives.

    k (``own_weight``): weight of the objective that the pairs were labelled by. m (``margin_P``): by how much the
    chosen response is better than the rejected one by the other, in units of its reward; several others are their
    weighted mean. At k = 1 it is DPO. Where m is large the pair is as the other objective wants it already.
    """
    return -F.logsigmoid((beta * h_P - (1 - own_weight) * margin_P.detach()) / own_weight)
