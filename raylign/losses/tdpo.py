"""TDPO, token-level direct preference optimisation: Zeng et al. 2024 (arXiv 2404.11999). Shapes: P pairs.

    h = log pi(y+)/ref(y+) - log pi(y-)/ref(y-),    D(y) = sum_t KL( ref(.|s_t) || pi(.|s_t) )
    TDPO1:  -log sigmoid( beta (h - (D(y-) - D(y+))) )
    TDPO2:  -log sigmoid( beta (h - alpha (D(y-) - sg D(y+))) )

D is exact, over the whole vocabulary; sg stops the gradient. At alpha = 0 TDPO2 is DPO.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.loss import Loss, Mean, mean
from raylign.losses.terms import Terms

MEASURES = ("margin", "accuracy", "kl_chosen", "kl_rejected")
"""Mean of h, nats; share of pairs with h > 0; means of D(y+) and D(y-), nats a response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TDPO1:
    """`tdpo1` of each pair."""

    measures: ClassVar[tuple[str, ...]] = MEASURES
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        chosen_P, rejected_P = sequence_kl(terms).unbind(1)
        per_unit_U = tdpo1(terms.margin_U, chosen_P, rejected_P, beta=self.beta)
        return Loss(per_unit_U=per_unit_U, metrics=measured(terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class TDPO2:
    """`tdpo2` of each pair."""

    measures: ClassVar[tuple[str, ...]] = MEASURES
    beta: float
    alpha: float

    def __call__(self, terms: Terms) -> Loss:
        chosen_P, rejected_P = sequence_kl(terms).unbind(1)
        per_unit_U = tdpo2(terms.margin_U, chosen_P, rejected_P, beta=self.beta, alpha=self.alpha)
        return Loss(per_unit_U=per_unit_U, metrics=measured(terms))


def tdpo1(h_P: Tensor, chosen_P: Tensor, rejected_P: Tensor, *, beta: float) -> Tensor:
    """Of margins and sequential KLs. At the reference: log 2."""
    return -F.logsigmoid(beta * (h_P - (rejected_P - chosen_P)))


def tdpo2(h_P: Tensor, chosen_P: Tensor, rejected_P: Tensor, *, beta: float, alpha: float) -> Tensor:
    """As `tdpo1`, the KLs times ``alpha``; that of the chosen response without gradient."""
    return -F.logsigmoid(beta * (h_P - alpha * (rejected_P - chosen_P.detach())))


def sequence_kl(terms: Terms) -> Tensor:
    """D of each response, [U, N]."""
    assert terms.reading is not None
    return (terms.reading.divergence * terms.mask_UNT).sum(-1)


def measured(terms: Terms) -> dict[str, Mean]:
    """Under `MEASURES`."""
    h_P, kl_P2 = terms.margin_U, sequence_kl(terms)
    return {
        "margin": mean(h_P),
        "accuracy": mean((h_P > 0).float()),
        "kl_chosen": mean(kl_P2[:, 0]),
        "kl_rejected": mean(kl_P2[:, 1]),
    }
