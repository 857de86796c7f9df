"""Judges that ask a model."""

import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from raylign.judges.askers import Answers, Asker, Question
from raylign.judges.judge import Judge
from raylign.types import Prompt
from raylign.verdicts import Ruling, Verdict, signed


class AskingJudge(Judge):
    """A judge whose word comes from a model: a `Question` about each response."""

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
    def rule_all(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Ruling]:
        """What it says of each (prompt, response), once the model has answered. Never raises on a response."""

    def asks(self) -> tuple[Question, ...]:
        return (self,)

    def ask(self, model: Answers, rows: Sequence[tuple[Prompt, str]]) -> list[Verdict]:
        """The verdict on each (prompt, response)."""
        begun = time.perf_counter()
        rulings = self.rule_all(model, rows)
        seconds = (time.perf_counter() - begun) / max(len(rows), 1)
        return [signed(ruling, self.label, seconds=seconds) for ruling in rulings]


def asking(judges: Iterable[Judge]) -> tuple[AskingJudge, ...]:
    """Those that ask a model, in their order."""
    return tuple(judge for judge in judges if isinstance(judge, AskingJudge))
