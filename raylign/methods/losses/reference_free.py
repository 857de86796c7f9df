"""Losses without a reference. Equations: `raylign.losses.reference_free`."""

from typing import Literal

from raylign.methods.losses.loss import Beta, PairLoss, Smoothing, Weight


class SimPO(PairLoss):
    """Log-probs by token, and a margin of them; no reference."""

    stands_at = "reference_free:SimPO"
    by_token = True
    needs_reference = False
    type: Literal["simpo"] = "simpo"
    beta: Beta = 2.0
    """What the difference by token counts."""
    gamma: Weight = 1.0
    """The wanted margin, in units of beta times nats a token."""
    label_smoothing: Smoothing = 0.0
    """Chance that a pair's label is wrong."""


class CPO(PairLoss):
    """DPO without a reference, beside imitation of the chosen response."""

    stands_at = "reference_free:CPO"
    needs_reference = False
    type: Literal["cpo"] = "cpo"
    beta: Beta = 0.1
    """What the difference of log-probs counts."""
    likelihood_weight: Weight = 1.0
    """Weight of the chosen response's length-normalised log-likelihood; 0: DPO without a reference."""
    label_smoothing: Smoothing = 0.0
    """Chance that a pair's label is wrong."""


class ORPO(PairLoss):
    """Imitation of the chosen response, and the odds ratio; no reference."""

    stands_at = "reference_free:ORPO"
    by_token = True
    needs_reference = False
    type: Literal["orpo"] = "orpo"
    beta: Beta = 0.1
    """The paper's lambda: weight of the odds ratio beside the likelihood."""
