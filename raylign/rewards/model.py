"""A reward model's word: the one number that it gives a conversation."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from raylign import bounds
from raylign.rewards.raters import Answered, Head, Raters, Value
from raylign.rewards.reward import AskedPart


class ModelReward(AskedPart):
    """A reward model: a sequence-classification head with one output."""

    runs_in: ClassVar = "head"

    type: Literal["model"] = "model"
    model: bounds.Model
    """A directory, or a hub id. Tasks that name the same model share it."""

    @property
    def summary(self) -> str:
        return Path(self.model).name

    @property
    def head(self) -> Head:
        return Head(self.model)

    def heads(self) -> tuple[Head, ...]:
        return (self.head,)

    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        return await raters.score(self.head, groups)
