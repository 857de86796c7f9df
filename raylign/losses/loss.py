"""What computing a loss gives. Shapes: U units (examples)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from raylign.losses.terms import Terms


class Mean(NamedTuple):
    """A metric on its way: total and number add up over microbatches and ranks, their quotient is the metric."""

    total: Tensor
    over: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A microbatch's loss, and what the loss has to say of itself."""

    per_unit_U: Tensor
    """The trainer sums it times each example's weight; carries the gradient."""
    metrics: Mapping[str, Mean] = field(default_factory=dict)
    """One under each of the loss's ``measures``."""
    weights_UNT: Tensor | None = None
    """What every token counts for, where the loss weighs them: for people to look at."""


class LossFunction(Protocol):
    """A loss with its settings as fields, ready to be computed."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of its metrics, the same on every call: ranks add them up without asking each other for names."""
        ...

    def __call__(self, terms: Terms) -> Loss:
        """Of the examples of one task in one microbatch."""
        ...


@torch.no_grad()
def mean(values: Tensor, where: Tensor | None = None) -> Mean:
    """The metric that is the mean of ``values``; with ``where``, of those at which it is 1."""
    if where is None:
        return Mean(values.sum(dtype=torch.float64), values.new_full((), values.numel(), dtype=torch.float64))
    return Mean(torch.where(where > 0, values, 0.0).sum(dtype=torch.float64), where.sum(dtype=torch.float64))
