"""What becomes of responses that come to `max_tokens`: a length is no judge of what was being said.

DAPO (arXiv 2503.14476): both kinds, there called overlong filtering and soft overlong punishment.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from raylign import bounds
from raylign.rewards.reward import Part
from raylign.settings import Spec
from raylign.types import Completion

LABEL = "overlong"
"""What its curve is called, beside those of the reward's parts."""


class Overlong(Spec):
    """One way with them."""

    type: str

    def fits(self, parts: Sequence[Part]) -> None:
        """Raises `ValueError` where it cannot stand beside these parts of the task's reward."""

    def fits_limit(self, limit: int) -> None:
        """Raises `ValueError` where it makes no sense of responses of up to ``limit`` tokens."""

    def admits(self, completion: Completion) -> bool:
        """Whether a method sees the response."""
        return True

    def charge(self, completion: Completion, limit: int) -> float | None:
        """What is added to the reward of a response that might have had ``limit`` tokens; None: nothing ever is."""
        return None


class SkipOverlong(Overlong):
    """Responses that were cut are not trained on. They are measured."""

    type: Literal["skip"] = "skip"

    def admits(self, completion: Completion) -> bool:
        return completion.finish != "length"


class PunishOverlong(Overlong):
    """The reward falls over the last tokens before the limit, cut or not: DAPO's soft overlong punishment."""

    type: Literal["punish"] = "punish"
    cache_tokens: int | None = Field(default=None, ge=1, le=bounds.TOKENS)
    """Over how many tokens before ``max_tokens`` it falls; a fifth of ``max_tokens`` where absent, as in the paper."""
    penalty: float = Field(default=1.0, gt=0, le=bounds.FACTOR)
    """What a response of ``max_tokens`` loses."""

    def fits(self, parts: Sequence[Part]) -> None:
        if not parts:
            raise ValueError("an overlong response cannot lose of a reward that the task has not: use `{type: skip}`")
        if any(part.label == LABEL for part in parts):
            raise ValueError(f"the reward has a part called {LABEL!r}, as the punishment is: give it another `name`")

    def fits_limit(self, limit: int) -> None:
        if self.cache_tokens is not None and self.cache_tokens > limit:
            raise ValueError(
                f"`overlong.cache_tokens` is {self.cache_tokens}, and a response has at most {limit} tokens: give less"
            )

    def charge(self, completion: Completion, limit: int) -> float:
        """``-penalty * (tokens - (limit - cache)) / cache``, no less than ``-penalty`` and no more than 0."""
        cache = self.cache_tokens or max(1, limit // 5)
        over = (len(completion.token_ids) - (limit - cache)) / cache
        return -self.penalty * min(max(over, 0.0), 1.0)


AnyOverlong: TypeAlias = Annotated[SkipOverlong | PunishOverlong, Field(discriminator="type")]
"""A line for every kind."""
