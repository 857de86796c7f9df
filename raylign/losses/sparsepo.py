"""SparsePO and MaPO, preference optimisation under token masks: Christopoulou et al. 2024 (arXiv 2410.05102).

Shapes: P pairs, T response tokens.

    U(y) = sum_t m_u,t log pi(y_t)/ref(y_t),     K(y) = -sum_t m_d,t KL( ref(.|s_t) || pi(.|s_t) )
    loss = -log sigmoid( beta ( U(y+) - U(y-) - (K(y+) - K(y-)) ) )
           + l1_u (|m_u(y+)|_1 + |m_u(y-)|_1) + l1_d (the same of m_d)          (L1: learned masks alone)

At m_u = m_d = 1 it is TDPO1; at m_u = 1, m_d = 0, DPO. Formulas as in the authors' code, whose masks have dropout
besides, and whose logged rewards have the other sign of K.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from raylign.losses.learned import LearnedLoss
from raylign.losses.loss import Loss, Mean, mean
from raylign.losses.masks import LearnedMask, activation_mask
from raylign.losses.tdpo import MEASURES, measured
from raylign.losses.terms import Terms


def masked(terms: Terms, mask_PNT: Tensor, kl_mask_PNT: Tensor) -> Tensor:
    """``U(y+) - U(y-) - (K(y+) - K(y-))`` of each pair, nats. ``mask_PNT``: m_u; ``kl_mask_PNT``: m_d."""
    assert terms.reading is not None
    ratio_PNT = terms.policy_UNT - terms.reference_UNT
    whole_PN = ((mask_PNT * ratio_PNT + kl_mask_PNT * terms.reading.divergence) * terms.mask_UNT).sum(-1)
    return whole_PN[:, 0] - whole_PN[:, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaPO:
    """One mask of the reference's activations for both terms; it has no weights."""

    measures: ClassVar[tuple[str, ...]] = (
        *MEASURES,
        "masked_margin",
        "mask",
        "mask_zeros_chosen",
        "mask_zeros_rejected",
    )
    beta: float

    def __call__(self, terms: Terms) -> Loss:
        assert terms.reading is not None
        assert terms.reading.maps is not None
        mask_PNT = activation_mask(terms.reading.maps, terms.mask_UNT)
        margin_P = masked(terms, mask_PNT, mask_PNT)
        return Loss(
            per_unit_U=-F.logsigmoid(self.beta * margin_P),
            metrics={**measured(terms), "masked_margin": mean(margin_P), **_of_mask("mask", mask_PNT, terms)},
            weights_UNT=mask_PNT,
        )


class SparsePO(LearnedLoss):
    """Learned masks: one for both terms (``common``), or one each (``independent``)."""

    def __init__(self, *, beta: float, mask: str, l1_ratio: float, l1_kl: float, weight_decay: float) -> None:
        self.weight_decay = weight_decay
        self._beta, self._l1 = beta, (l1_ratio, l1_kl)
        self._names = ("mask",) if mask == "common" else ("mask", "kl_mask")
        shares = (f"{name}{what}" for name in self._names for what in ("", "_zeros_chosen", "_zeros_rejected"))
        self.measures = (*MEASURES, "masked_margin", *shares)

    def attach(self, policy: Any) -> torch.nn.Module:
        sizes = policy.config.get_text_config(decoder=True)
        nets = [LearnedMask(sizes.num_hidden_layers, sizes.hidden_size) for _ in self._names]
        self._nets = torch.nn.ModuleList(nets).to(policy.device, policy.dtype)
        return self._nets

    def __call__(self, terms: Terms) -> Loss:
        assert terms.reading is not None
        states = terms.reading.states
        assert states is not None
        masks = [net(states) * terms.mask_UNT for net in self._nets]
        margin_P = masked(terms, masks[0], masks[-1])
        # With one mask both coefficients are halved, for both are of it.
        l1_ratio, l1_kl = (l1 / 2 if len(masks) == 1 else l1 for l1 in self._l1)
        cost_P = l1_ratio * masks[0].sum((-1, -2)) + l1_kl * masks[-1].sum((-1, -2))
        shares: dict[str, Mean] = {}
        for name, mask in zip(self._names, masks, strict=True):
            shares |= _of_mask(name, mask, terms)
        return Loss(
            per_unit_U=-F.logsigmoid(self._beta * margin_P) + cost_P,
            metrics={**measured(terms), "masked_margin": mean(margin_P), **shares},
            weights_UNT=masks[0].detach(),
        )


@torch.no_grad()
def _of_mask(name: str, mask_PNT: Tensor, terms: Terms) -> Mapping[str, Mean]:
    """Its mean over response tokens; the shares of exact zeros among the chosen's and among the rejected's."""
    zeros_PNT = (mask_PNT == 0).float()
    return {
        name: mean(mask_PNT, terms.mask_UNT),
        f"{name}_zeros_chosen": mean(zeros_PNT[:, 0], terms.mask_UNT[:, 0]),
        f"{name}_zeros_rejected": mean(zeros_PNT[:, 1], terms.mask_UNT[:, 1]),
    }
