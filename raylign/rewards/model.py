"""A reward model's word: the one number that it gives a conversation."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from raylign import bounds
from raylign.rewards.raters import Answered, Head, Raters, Value
from raylign.rewards.reward import AskedPart


class ModelReward(AskedPart):
    """A reward model: a sequence-classification head with one output."""

    runs_in: ClassVar = "head"

    type: Literal["model"] = "model"
    model: bounds.Model
    """A directory, or a hub id. Tasks that name the same model with the same settings share it."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Precision of its weights."""
    replicas: int | None = Field(default=None, ge=1, le=bounds.WORKERS)
    """Actors of its own, each of which holds all of it. Where absent it shares the ``judging.reward_workers`` with
    others."""
    gpus_per_replica: int = Field(default=1, ge=1, le=bounds.GPUS)
    """With more than one it has actors of its own, and its layers are spread over their GPUs."""
    tokens_per_batch: int | None = Field(default=None, ge=1, le=bounds.TOKENS)
    """Most tokens, padding included, of one forward pass. Where absent all responses of a prompt go together. Those of
    different prompts never do, so that no bit depends on what else was asked."""

    @property
    def summary(self) -> str:
        return Path(self.model).name

    @property
    def head(self) -> Head:
        return Head(
            self.model,
            dtype=self.dtype,
            replicas=self.replicas,
            gpus=self.gpus_per_replica,
            tokens_per_batch=self.tokens_per_batch,
        )

    def heads(self) -> tuple[Head, ...]:
        return (self.head,)

    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        return await raters.score(self.head, groups)
