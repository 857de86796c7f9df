"""The calibrated reward of CGPO (arXiv 2409.20370, section 3.1)."""

import math

from raylign.types import Group, Sample


def calibrated_reward(sample: Sample, baseline: Sample | None) -> float:
    """``R_calib = sigmoid( r(s,a) - r(s,a_bar) )`` (eq. 5): about the chance that ``a`` beats the baseline ``a_bar``.

    Both samples must have a reward. In (0, 1) up to rounding.
    """
    assert sample.reward is not None
    assert baseline is not None
    assert baseline.reward is not None
    return sigmoid(sample.reward - baseline.reward)


def sigmoid(x: float) -> float:
    """``1 / (1 + exp(-x))``; exact for any finite x."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))


def baseline_problem(group: Group) -> str | None:
    """Why the group has no calibrated reward, or None when it has."""
    if group.baseline is None:
        return "no baseline"
    if group.baseline.reward is None:
        return f"baseline reward {group.baseline.reward_problem}"
    return None
