"""Bradley-Terry: the likelihood of comparisons under a reward model. Shapes: P pairs; ``r+``, ``r-`` their rewards."""

from dataclasses import dataclass

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class BradleyTerry(PairLoss):
    """`bradley_terry` of each pair, the coefficient being its margin; what the model gives a sequence is its reward.

    ``center``: of `centering`, added to it.
    """

    center: float = 0.0

    def margin(self, terms: Terms) -> Tensor:
        """``r+ - r-``."""
        return terms.policy_UN[:, 0] - terms.policy_UN[:, 1]

    def of(self, terms: Terms) -> Tensor:
        loss_P = bradley_terry(self.margin(terms), terms.coefficient_U)
        return loss_P + self.center * centering(terms.policy_UN.sum(-1)) if self.center else loss_P


def bradley_terry(difference_P: Tensor, margin_P: Tensor) -> Tensor:
    """``-log sigmoid(r+ - r- - m)``: Ouyang et al. 2022 (arXiv 2203.02155) eq. 1; m is how much better the chosen
    response was said to be, Llama 2 (arXiv 2307.09288) eq. 2.
    """
    return -F.logsigmoid(difference_P - margin_P.detach())


def centering(sum_P: Tensor) -> Tensor:
    """``(r+ + r-)^2``: Eisenstein et al. 2023 (arXiv 2312.09244). Comparisons leave rewards free up to a constant."""
    return sum_P**2
