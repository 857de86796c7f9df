"""Losses that hold each response of a pair to the reference. Equations: `raylign.losses.anchored`."""

from typing import Literal

from raylign.methods.losses.loss import Beta, PairLoss


class SPPO(PairLoss):
    """Squared distance of each log-ratio from a gain and a loss of half a win."""

    stands_at = "anchored:SPPO"
    type: Literal["sppo"] = "sppo"
    beta: Beta = 0.001
    """1/eta: the wanted log-ratios are 1/(2 beta) and -1/(2 beta) nats."""


class NCA(PairLoss):
    """Noise contrast that keeps the chosen response's likelihood from falling."""

    stands_at = "anchored:NCA"
    type: Literal["nca"] = "nca"
    beta: Beta = 0.01
    """Strength of the pull to the reference."""


class BCO(PairLoss):
    """A classifier of single responses, its reward shift being 0."""

    stands_at = "anchored:BCO"
    type: Literal["bco"] = "bco"
    beta: Beta = 0.01
    """Strength of the pull to the reference."""


class APOZero(PairLoss):
    """Raises the chosen, lowers the rejected: for pairs better than the policy."""

    stands_at = "anchored:APOZero"
    type: Literal["apo_zero"] = "apo_zero"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""


class APODown(PairLoss):
    """Lowers both, the rejected more: for pairs worse than the policy."""

    stands_at = "anchored:APODown"
    type: Literal["apo_down"] = "apo_down"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
