"""Rewards that ask a model."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from raylign.judges.askers import Answers, Asker, Question
from raylign.rewards.raters import Answered, Raters, Value
from raylign.rewards.reward import AskedPart
from raylign.types import Prompt


class AskingReward(AskedPart):
    """A reward whose number comes from a model: a `Question` about each response."""

    runs_in: ClassVar = "engine"

    @property
    @abstractmethod
    def asker(self) -> Asker:
        """Whom it asks."""

    @abstractmethod
    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where what it would ask cannot be asked of anyone. ``whose``: how messages call it."""

    def remark(self, *, templated: bool) -> str:
        """What is hardly meant; see `raylign.judges.askers.Question`."""
        return ""

    @abstractmethod
    def rate_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        """Its number for each (prompt, response), once the model has answered. Never raises on a response."""

    def asks(self) -> tuple[Question, ...]:
        return (self,)

    def ask(self, model: Answers, rows: Sequence[Any]) -> list[Any]:
        return self.rate_all(model, rows)

    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        rows = [(prompt, completion.text) for prompt, completions in groups for completion in completions]
        answers: Iterator[Value] = iter(await raters.ask(self, rows))
        return [[next(answers) for _ in completions] for _, completions in groups]
