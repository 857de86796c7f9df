"""What the losses of (chosen, rejected) pairs share: how they are measured. Shapes: P pairs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from raylign.losses.loss import Loss, Mean, mean
from raylign.losses.terms import Terms

MEASURES = ("margin", "accuracy")


class PairLoss(ABC):
    """A `LossFunction` of pairs. Its fields are its settings.

    Measures the mean of `margin` and the share of pairs where it is above 0 (``accuracy``).
    """

    __slots__ = ()
    measures: ClassVar[tuple[str, ...]] = MEASURES

    @abstractmethod
    def of(self, terms: Terms) -> Tensor:
        """The loss of each pair."""

    def margin(self, terms: Terms) -> Tensor:
        """By how much the policy prefers the chosen response: ``h``, nats, where a loss has no measure of its own."""
        return terms.margin_U

    def beside(self, terms: Terms) -> Mapping[str, Mean]:
        """What it measures besides, under the further names of its ``measures``."""
        return {}

    def __call__(self, terms: Terms) -> Loss:
        margin_P = self.margin(terms)
        measured = {"margin": mean(margin_P), "accuracy": mean((margin_P > 0).float())}
        return Loss(per_unit_U=self.of(terms), metrics={**measured, **self.beside(terms)})
