"""What a task descends, as plain data: a method names it, the trainer's ranks build it (`raylign.losses.build`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Reads: TypeAlias = Literal["divergence", "states", "maps"]
"""What a loss may read of the reference beside log-probs of tokens: how far the policy is from it over the whole
vocabulary; the outputs of its layers; the mean of each of its activations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A loss by name, with its settings. No tensors here, so a control plane without torch can read methods."""

    loss: str
    """Where its class stands, ``"raylign.losses.pairwise:DPO"``. Written by a method's author, never by a job's."""
    settings: Mapping[str, float | str] = field(default_factory=dict)
    """Its fields, ``{"beta": 0.1}``."""
    reads: frozenset[Reads] = frozenset()
    """Where it is not empty, every rank of the trainer holds the reference beside the policy."""
    learned: bool = False
    """Whether the loss has weights of its own, which are trained beside the policy's."""
    over_tokens: Literal["sum", "mean"] | None = None
    """How a response's loss comes of its tokens. None: a pair's loss, in which no token has a part of its own."""
    corrects_stale: bool = False
    """Whether its gradient is an expectation over the present policy, so that samples of older weights must be
    corrected by the ratio of probabilities. Pairwise losses hold for pairs from any policy."""
