"""Which pairs of a file are learned from, as a job says it. No arrays here, so a base install can read jobs."""

from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.settings import Spec

WAYS = {
    "adpo_plus": "raylign.acquisition.logged:by_adpo_plus",
    "adpo": "raylign.acquisition.logged:by_adpo",
    "apo": "raylign.acquisition.logged:by_apo",
    "gap": "raylign.acquisition.logged:by_gap",
    "entropy": "raylign.acquisition.logged:by_entropy",
    "uniform": "raylign.acquisition.logged:by_chance",
}
"""How to choose, by the names that jobs give them."""


class Designed(Spec):
    """How far pairs would tell of a linear model ``sigmoid(beta (phi . theta - b))`` of preferences."""

    beta: float = Field(default=1.0, gt=0, le=bounds.FACTOR)
    """Of that model, whose features are at most of length 1."""
    gamma: float = Field(default=0.01, gt=0, le=bounds.FACTOR)
    """``H_0 = gamma I``, and the ridge of the fit."""
    alpha: float = Field(default=3.0, ge=0, le=bounds.FACTOR)
    """Deviations of a logit that the design allows for."""
    searched: int = Field(default=256, ge=1, le=bounds.CANDIDATES)
    """Pairs that each choice is made among."""
    largest_bias: float = Field(default=5.0, gt=0, le=bounds.FACTOR)
    """Where the reference's part of a logit is cut: sums over tokens would leave no pair undecided."""


class Acquisition(Designed):
    """A budget of a file's pairs, chosen before the first step by what they would tell (ADPO, arXiv 2503.01076)."""

    type: Literal["adpo_plus", "adpo", "apo", "gap", "entropy", "uniform"] = "adpo_plus"
    """adpo_plus: by D-optimal design around a fit on all labels. adpo: the same, seeing the labels of those chosen
    alone, as if each were asked for. apo: by features alone. gap: the surest of the fit on all. entropy: the responses
    that the reference finds least likely. uniform: any."""
    budget: int = Field(ge=1, le=bounds.CANDIDATES)
    """Pairs that are learned from."""
    pool: int = Field(default=4096, ge=1, le=bounds.CANDIDATES)
    """Pairs that are looked at, drawn from the file at random; all where it holds no more."""


class Asking(Designed):
    """Of a step's sampled pairs, which the annotator is asked about (ADPO, arXiv 2503.01076, online)."""

    type: Literal["adpo", "apo", "entropy", "uniform"] = "adpo"
    """adpo: by D-optimal design around a fit on the labels given so far. apo: by features alone. entropy: the responses
    that the reference finds least likely. uniform: any."""
    of: int = Field(default=4, ge=2, le=64)
    """So many times ``prompts_per_step`` prompts are answered by two responses each, and one in so many of these pairs
    is asked about and learned from."""
    dimension: int = Field(default=64, ge=1, le=1024)
    """Features are projected to so many dimensions, at random by the job's seed; where they have fewer they stay."""
    remembered: int = Field(default=4096, ge=1, le=bounds.CANDIDATES)
    """Labels that the fit and the design go by: the newest."""
