"""DPO that holds the policy to the reference by another divergence than the reverse KL. Shapes: P pairs.

    -log sigmoid( beta ( f'(u+) - f'(u-) ) ),   u = pi(y)/ref(y)

f-DPO, Wang et al. 2023 (arXiv 2309.16240), where ``f`` is the divergence's generator: the reverse KL's f' is log u + 1,
which is DPO. All measure h (``margin``): sign and zero are the same.
"""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.terms import Terms

LIMIT = 40.0
"""Nats up to which exponentials are taken; beyond, their tangent: so gradients keep their way, and their squares have
room in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardKL(PairLoss):
    """`f_dpo` by the forward KL."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return f_dpo(forward_kl(terms.log_ratio_UN), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class JensenShannon(PairLoss):
    """`f_dpo` by the Jensen-Shannon divergence."""

    beta: float

    def of(self, terms: Terms) -> Tensor:
        return f_dpo(jensen_shannon(terms.log_ratio_UN), beta=self.beta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alpha(PairLoss):
    """`f_dpo` by an alpha divergence."""

    beta: float
    alpha: float

    def of(self, terms: Terms) -> Tensor:
        return f_dpo(alpha_divergence(terms.log_ratio_UN, alpha=self.alpha), beta=self.beta)


def f_dpo(slope_PN: Tensor, *, beta: float) -> Tensor:
    """``-log sigmoid(beta (f'(u+) - f'(u-)))``; ``slope_PN``: f' of the chosen and of the rejected response."""
    return -F.logsigmoid(beta * (slope_PN[:, 0] - slope_PN[:, 1]))


def forward_kl(log_ratio_PN: Tensor) -> Tensor:
    """``f'(u) = -1/u``, of ``f = -log u``."""
    return -_exp(-log_ratio_PN)


def jensen_shannon(log_ratio_PN: Tensor) -> Tensor:
    """``f'(u) = log(2u / (1 + u))`` but for log 2, which falls out."""
    return F.logsigmoid(log_ratio_PN)


def alpha_divergence(log_ratio_PN: Tensor, *, alpha: float) -> Tensor:
    """``f'(u) = u^(alpha-1) / (alpha-1)`` but for a constant, alpha being neither 0 nor 1.

    Near 1 it is the reverse KL, near 0 the forward one.
    """
    return _exp((alpha - 1) * log_ratio_PN) / (alpha - 1)


def _exp(exponent: Tensor) -> Tensor:
    held = exponent.clamp(max=LIMIT)
    return held.exp() * (1 + exponent - held)
