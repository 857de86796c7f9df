"""Rewards that are programs: they may hang or crash on hostile text, so they run where they can be killed."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from raylign.judges.rules.rule import Case
from raylign.rewards.raters import Answered, Raters, Value
from raylign.rewards.reward import AskedPart, Part


class ProgramReward(AskedPart):
    """A part that is a program, run beside the rule judges (`raylign.judges.processes`)."""

    runs_in: ClassVar = "process"
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules that its processes have before they start."""
    apart: ClassVar[bool] = False
    """As judges by rule have it."""

    @abstractmethod
    def value(self, case: Case) -> Value:
        """Its number. Never raises on a response: it abstains with a reason."""

    @property
    @abstractmethod
    def limit_s(self) -> float:
        """Seconds for one response, before its process is killed."""

    @classmethod
    def require(cls, seconds: float) -> None:
        """Prove within ``seconds`` that what it runs by is here. Raises `RunError`: what to install or allow."""

    @classmethod
    def warm(cls) -> None:
        """In a fresh process: pay what is slow the first time, before the first response's clock runs."""

    async def rate(self, raters: Raters, groups: Sequence[Answered]) -> list[list[Value]]:
        cases = [Case.of(prompt, completion) for prompt, completions in groups for completion in completions]
        answers = iter(await raters.run(self, cases))
        return [[next(answers) for _ in completions] for _, completions in groups]


def programs(parts: Iterable[Part]) -> tuple[ProgramReward, ...]:
    """Those that are programs, in their order."""
    return tuple(part for part in parts if isinstance(part, ProgramReward))
