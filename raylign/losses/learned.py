"""Losses with weights of their own, such as a learned mask over tokens."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch

from raylign.errors import SpecError
from raylign.losses.correction import Corrected
from raylign.losses.loss import Loss, LossFunction
from raylign.losses.terms import Terms

OWN = "objectives"
"""Where they hang in the module that is trained: so the update, the checkpoint and ZeRO know their weights."""


class LearnedLoss(ABC):
    """A `LossFunction` with weights, trained beside the policy's, kept in the same checkpoint, and never published."""

    measures: tuple[str, ...] = ()
    weight_decay: float | None = None
    """Of its weights; the policy's where None."""

    @abstractmethod
    def attach(self, policy: torch.nn.Module) -> torch.nn.Module:
        """Its weights, made to the policy's measure; hook here what is read of it. Called once."""

    @abstractmethod
    def __call__(self, terms: Terms) -> Loss:
        """As any `LossFunction`."""


def hang(
    losses: Iterable[LossFunction], trained: torch.nn.Module, policy: torch.nn.Module, *, zero_stage: int
) -> list[dict[str, Any]]:
    """Attach to ``policy`` the losses that have weights of their own, and make these a part of what is trained.

    Returns the optimizer's groups of all that is trained: the policy, and each loss whose weights decay otherwise.

    Raises `SpecError` under ZeRO-3: what gets no gradient in a step keeps its last one there, and is moved by it.
    """
    bare = [loss.loss if isinstance(loss, Corrected) else loss for loss in losses]
    learned = [loss for loss in bare if isinstance(loss, LearnedLoss)]
    apart: dict[str, Any] = {}
    if weights := [loss.attach(policy) for loss in learned]:
        if zero_stage == 3:
            raise SpecError("trainer.zero_stage 3 cannot train a loss with weights of its own: set it to 2 or less")
        trained.add_module(OWN, torch.nn.ModuleList(weights))
        apart = {f"{OWN}.{at}.": loss.weight_decay for at, loss in enumerate(learned) if loss.weight_decay is not None}
    groups: dict[str, list[Any]] = {"": [], **{prefix: [] for prefix in apart}}
    for name, parameter in trained.named_parameters():
        if parameter.requires_grad:
            groups[next((prefix for prefix in apart if name.startswith(prefix)), "")].append(parameter)
    return [{"params": groups[""]}, *({"params": groups[prefix], "weight_decay": apart[prefix]} for prefix in apart)]


def is_own(name: str) -> bool:
    """Whether a parameter of what is trained belongs to a loss, not to the policy."""
    return name.startswith(f"{OWN}.")
