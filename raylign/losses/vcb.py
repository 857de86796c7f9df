"""The loss of VCB, all pairs of a prompt's responses at once. Shapes: U prompts, N responses to each."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from raylign.losses.loss import Loss, Mean
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class VCB:
    """`vcb`, the targets being rewards in nats.

    Measures the slope of log-ratios over targets within prompts (``slope``): 0 at the reference, 1 at the optimum.
    """

    measures: ClassVar[tuple[str, ...]] = ("slope",)

    def __call__(self, terms: Terms) -> Loss:
        h_UN = terms.log_ratio_UN
        return Loss(per_unit_U=vcb(h_UN, terms.target_UN), metrics={"slope": _slope(h_UN, terms.target_UN)})


def vcb(h_UN: Tensor, target_UN: Tensor) -> Tensor:
    """``( (h_i - h_j) - (t_i - t_j) )^2``, the mean over all pairs i < j of a prompt's responses; N is 2 or more.

    Value-based Calibration, Mao et al. 2024 (arXiv 2402.16030), as reconstructed: ``h = log pi/ref`` and
    ``t = lambda r / sigma``. With ``d = h - t`` and N responses, a sum over pairs of squared gaps is N times a sum of
    squares about the mean, so it takes N terms and not N^2:

        2/(N(N-1)) sum_{i<j} (d_i - d_j)^2  =  2/(N-1) sum_i (d_i - mean d)^2

    Neither a constant in h nor one in t changes it. IPO is N = 2 with ``t_1 - t_2 = 1/(2 beta)``.
    """
    return 2 * (h_UN - target_UN).var(-1)


@torch.no_grad()
def _slope(h_UN: Tensor, target_UN: Tensor) -> Mean:
    """Of the least-squares line through all prompts' (t, h), each less its prompt's mean."""
    asked_UN = (target_UN - target_UN.mean(-1, keepdim=True)).double()
    return Mean((h_UN * asked_UN).sum(), (asked_UN**2).sum())
