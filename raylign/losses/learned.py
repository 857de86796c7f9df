"""Losses with weights of their own, such as a learned mask over tokens."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

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

    @abstractmethod
    def attach(self, policy: torch.nn.Module) -> torch.nn.Module:
        """Its weights, made to the policy's measure; hook here what is read of it. Called once."""

    @abstractmethod
    def __call__(self, terms: Terms) -> Loss:
        """As any `LossFunction`."""


def hang(losses: Iterable[LossFunction], trained: torch.nn.Module, policy: torch.nn.Module, *, zero_stage: int) -> None:
    """Attach to ``policy`` the losses that have weights of their own, and make these a part of what is trained.

    Raises `SpecError` under ZeRO-3: what gets no gradient in a step keeps its last one there, and is moved by it.
    """
    bare = [loss.loss if isinstance(loss, Corrected) else loss for loss in losses]
    if weights := [loss.attach(policy) for loss in bare if isinstance(loss, LearnedLoss)]:
        if zero_stage == 3:
            raise SpecError("trainer.zero_stage 3 cannot train a loss with weights of its own: set it to 2 or less")
        trained.add_module(OWN, torch.nn.ModuleList(weights))


def is_own(name: str) -> bool:
    """Whether a parameter of what is trained belongs to a loss, not to the policy."""
    return name.startswith(f"{OWN}.")
