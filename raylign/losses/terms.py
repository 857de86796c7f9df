"""What a loss sees: log-probs of a microbatch, as tensors.

Shapes: U units (examples), N sequences of a unit (1; 2 as chosen, rejected; or all of a prompt's), T response tokens,
padded.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of the reference itself at every response token. Shapes begin with [S, T] or [U, N, T]."""

    divergence: Tensor
    """``KL(ref || policy)`` over the vocabulary, nats; carries the gradient. 0 on padding."""
    states: Tensor | None = None
    """[..., L, H]: the outputs of its L layers at the position before the token, in its own precision."""
    maps: Tensor | None = None
    """[..., M]: there, the mean over each of its activations; all MLPs', all attentions', all layers', and the
    logits'."""

    def __getitem__(self, rows: Any) -> "Reading":
        """Of those rows."""
        return Reading(
            divergence=self.divergence[rows],
            states=None if self.states is None else self.states[rows],
            maps=None if self.maps is None else self.maps[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Examples of one task in one microbatch. All float32; padded positions hold 0."""

    policy_UNT: Tensor
    """Log-probs under the weights being trained; carries the gradient."""
    reference_UNT: Tensor
    """Log-probs under the reference model."""
    behavior_UNT: Tensor
    """Log-probs under the weights that sampled the tokens."""
    mask_UNT: Tensor
    """1 on response tokens, end token included; 0 on padding."""
    coefficient_U: Tensor
    """The method's constant per example: an advantage, a calibrated reward."""
    stale_U: Tensor
    """1 where the sample was made by older weights than the ones being trained, else 0."""
    target_UN: Tensor = field(default_factory=lambda: torch.zeros(1, 1))
    """The method's constant per sequence: a log-ratio that the loss asks of it, up to one constant a unit. 0 where the
    method has none."""
    reading: Reading | None = None
    """Where the objective `reads` more of the reference than log-probs."""
    credit_UNT: Tensor | None = None
    """The method's constant per token; None where every token of an example has the example's."""

    @property
    def advantage_UT(self) -> Tensor:
        """The constant of every token of single responses: its own, or [U, 1], the example's."""
        return self.coefficient_U[:, None] if self.credit_UNT is None else self.credit_UNT[:, 0]

    @property
    def policy_UN(self) -> Tensor:
        """``log pi(a|s)``, summed over tokens."""
        return (self.policy_UNT * self.mask_UNT).sum(-1)

    @property
    def log_ratio_UN(self) -> Tensor:
        """``log pi(a|s) / ref(a|s)``, summed over tokens: not divided by length."""
        return ((self.policy_UNT - self.reference_UNT) * self.mask_UNT).sum(-1)

    @property
    def length_UN(self) -> Tensor:
        """Response tokens."""
        return self.mask_UNT.sum(-1)

    @property
    def margin_U(self) -> Tensor:
        """``h`` of the pairwise losses: log-ratio of the chosen less that of the rejected response."""
        return self.log_ratio_UN[:, 0] - self.log_ratio_UN[:, 1]
