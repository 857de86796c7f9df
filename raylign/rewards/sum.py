"""Several rewards as one."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from raylign import bounds
from raylign.rewards.kinds import AnyPart, OnePart, typed
from raylign.rewards.reward import Part, Reward


class SumReward(Reward):
    """The sum of its parts, each times its ``weight``. Where one abstains, it does."""

    type: Literal["sum"] = "sum"
    of: tuple[AnyPart, ...] = Field(min_length=1, max_length=bounds.REWARDS)
    """Its parts. Metrics show each as it is, before its weight."""

    @model_validator(mode="after")
    def _labels_differ(self) -> "SumReward":
        labels = Counter(part.label for part in self.of)
        repeated = sorted(label for label, count in labels.items() if count > 1)
        if repeated:
            raise ValueError(f"two parts of the reward are called {repeated[0]!r}: give each a `name`")
        return self

    def parts(self) -> tuple[Part, ...]:
        return self.of

    def total(self, values: Sequence[float]) -> float:
        return self.weight * sum(part.total([value]) for part, value in zip(self.of, values, strict=True))

    @property
    def summary(self) -> str:
        """``rules + 0.2 length``"""
        weighed = (("" if part.weight == 1 else f"{part.weight:g} ") + part.summary for part in self.of)
        return " + ".join(weighed)


AnyReward: TypeAlias = Annotated[OnePart | SumReward, Field(discriminator="type"), BeforeValidator(typed)]
"""What a task may name as its reward."""
