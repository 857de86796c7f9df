"""DPO by other divergences than the reverse KL. Equations: `raylign.losses.divergence`."""

from typing import Annotated, Literal

from pydantic import Field

from raylign.methods.losses.loss import Beta, PairLoss


class ForwardKL(PairLoss):
    """f-DPO by the forward KL."""

    stands_at = "divergence:ForwardKL"
    type: Literal["dpo_forward_kl"] = "dpo_forward_kl"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""


class JensenShannon(PairLoss):
    """f-DPO by the Jensen-Shannon divergence."""

    stands_at = "divergence:JensenShannon"
    type: Literal["dpo_js"] = "dpo_js"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""


class Alpha(PairLoss):
    """f-DPO by an alpha divergence."""

    stands_at = "divergence:Alpha"
    type: Literal["dpo_alpha"] = "dpo_alpha"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Between the forward KL, at 0, and the reverse one, at 1."""
