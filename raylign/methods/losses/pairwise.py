"""Losses of the log-ratios' difference, by token or whole. Equations: `raylign.losses.pairwise`, `normalized`."""

from typing import Annotated, Literal

from pydantic import Field

from raylign.methods.losses.loss import Beta, PairLoss, Smoothing


class DPO(PairLoss):
    """``-log sigmoid(beta h)``; smoothed labels make it cDPO."""

    stands_at = "pairwise:DPO"
    type: Literal["dpo"] = "dpo"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    label_smoothing: Smoothing = 0.0
    """Chance that a pair's label is wrong."""


class NormalizedDPO(PairLoss):
    """DPO on log-ratios by token."""

    stands_at = "normalized:NormalizedDPO"
    by_token = True
    type: Literal["dpo_norm"] = "dpo_norm"
    beta: Beta = 5.0
    """Strength of the pull to the reference, for a margin in nats a token."""
    label_smoothing: Smoothing = 0.0
    """Chance that a pair's label is wrong."""


class IPO(PairLoss):
    """``(h - 1/(2 beta))^2``, h summed over tokens as in the paper."""

    stands_at = "pairwise:IPO"
    type: Literal["ipo"] = "ipo"
    beta: Beta = 1.0
    """The wanted margin is 1/(2 beta) nats."""


class NormalizedIPO(PairLoss):
    """IPO on log-ratios by token, as most public code has it."""

    stands_at = "normalized:NormalizedIPO"
    by_token = True
    type: Literal["ipo_norm"] = "ipo_norm"
    beta: Beta = 0.1
    """The wanted margin is 1/(2 beta) nats a token."""


class SLiC(PairLoss):
    """``max(0, 1 - beta h)``."""

    stands_at = "pairwise:SLiC"
    type: Literal["slic"] = "slic"
    beta: Beta = 0.002
    """The wanted margin is 1/beta nats."""


class DiscoPOP(PairLoss):
    """The loss that a search by language models found."""

    stands_at = "pairwise:DiscoPOP"
    type: Literal["discopop"] = "discopop"
    beta: Beta = 0.05
    """Strength of the pull to the reference."""
    tau: Annotated[float, Field(gt=0, le=1)] = 0.05
    """How sharply it changes from one of its two losses to the other, around a margin of 0."""
