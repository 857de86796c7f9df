"""AOT: the chosen responses, as a distribution, are to dominate the rejected ones.

Shapes: P pairs, R chosen or rejected responses.

Melnyk et al. 2024 (arXiv 2406.05882). Optimal transport in one dimension pairs sorted values, so each value's partner
depends on all others of the step. Its value is no part of the gradient: with the partner as a constant that the step
was told before, the sum over pairs has the same value and gradient as the whole batch sorted, however it is packed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from raylign.losses.pair import PairLoss
from raylign.losses.pairwise import dpo
from raylign.losses.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class AOT(PairLoss):
    """`aot`; each pair's coefficient is the reference's margin that sorting sets beside it."""

    beta: float
    label_smoothing: float = 0.0

    def of(self, terms: Terms) -> Tensor:
        policy_P = terms.policy_UN[:, 0] - terms.policy_UN[:, 1]
        return dpo(policy_P - terms.coefficient_U, beta=self.beta, label_smoothing=self.label_smoothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class AOTUnpaired(PairLoss):
    """`aot_unpaired`; each response's target is the log-ratio that sorting sets beside it.

    A transported pair is told of twice, with its chosen and with its rejected response: its value is halved between the
    two, its gradient, of which either has its own side's, is not.
    """

    beta: float
    label_smoothing: float = 0.0

    def of(self, terms: Terms) -> Tensor:
        (w_P, l_P), beside_P2 = terms.log_ratio_UN.unbind(-1), terms.target_UN.expand_as(terms.log_ratio_UN)
        h_P2 = torch.stack([w_P - beside_P2[:, 0], beside_P2[:, 1] - l_P], -1)
        both_P = dpo(h_P2, beta=self.beta, label_smoothing=self.label_smoothing).sum(-1)
        return both_P - both_P.detach() / 2


def aot(policy_P: Tensor, reference_P: Tensor, *, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """DPO's loss of ``sort(policy) - sort(reference)``: of a batch of pairs, smallest first, in no pair's place.

    ``policy_P``, ``reference_P``: ``log pi(y+) - log pi(y-)`` under each. Where both sort alike it is DPO's, reordered.
    """
    return dpo(policy_P.sort().values - reference_P.sort().values, beta=beta, label_smoothing=label_smoothing)


def aot_unpaired(chosen_R: Tensor, rejected_R: Tensor, *, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """DPO's loss of ``sort(w) - sort(l)``: log-ratios of as many chosen as rejected responses, which need no pairs."""
    return dpo(chosen_R.sort().values - rejected_R.sort().values, beta=beta, label_smoothing=label_smoothing)
