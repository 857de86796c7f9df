"""Losses for labels of which some are wrong. Equations: `raylign.losses.noisy`."""

from typing import Annotated, Literal

from pydantic import Field

from raylign.methods.losses.loss import Beta, PairLoss, Smoothing


class Robust(PairLoss):
    """rDPO: unbiased where a known share of labels is wrong."""

    stands_at = "noisy:Robust"
    type: Literal["robust"] = "robust"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    label_smoothing: Smoothing = 0.1
    """Share of wrong labels."""


class EXO(PairLoss):
    """The reverse KL to the smoothed preference."""

    stands_at = "noisy:EXO"
    type: Literal["exo"] = "exo"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    label_smoothing: Annotated[float, Field(gt=0, lt=0.5)] = 1e-3
    """Chance that a pair's label is wrong; at 0 the loss is infinite."""
