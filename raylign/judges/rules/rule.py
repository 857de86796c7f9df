"""Judges that are programs: what they read, and what whoever runs them must know."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from raylign.judges.judge import Judge
from raylign.types import Completion, Prompt
from raylign.verdicts import Ruling

COUNTING_S = 5.0
"""Limit of judges that only look and count, and have no setting of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One response with the little that rule judges need of its prompt: small, because it goes to another process."""

    response: str
    prompt: str = ""
    """What the user wrote last."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    num_tokens: int | None = None
    """Length of the response in the policy's tokens, where known."""

    @classmethod
    def of(cls, prompt: Prompt, completion: Completion) -> "Case":
        return cls(
            response=completion.text,
            prompt=prompt.question,
            metadata=prompt.metadata,
            num_tokens=len(completion.token_ids),
        )


class Program(Protocol):
    """What runs where it can be killed, as whoever runs it must know it."""

    preload: ClassVar[tuple[str, ...]]
    apart: ClassVar[bool]

    @property
    def label(self) -> str: ...

    @property
    def limit_s(self) -> float: ...

    @classmethod
    def require(cls, seconds: float) -> None: ...

    @classmethod
    def warm(cls) -> None: ...


class Rater(Program, Protocol):
    """A program that says a number of a response."""

    def value(self, case: Case) -> float | str:
        """A text is an abstention, and says why. Never raises on a response."""
        ...


class RuleJudge(Judge):
    """A judge that is a program: it may hang or crash on hostile text, so it runs where it can be killed
    (`raylign.judges.processes`)."""

    runs_in: ClassVar = "process"
    preload: ClassVar[tuple[str, ...]] = ()
    """Modules that its processes have before they start: what is slow to import, and only there is imported."""
    apart: ClassVar[bool] = False
    """Whether it keeps what it runs in a sandbox of its own, and keeps to its limit of time by itself: then it needs no
    process to be killed with, and a thread asks it."""
    hang_violates: ClassVar[bool] = True
    """Whether a response that it comes to no end of is violated; else it abstains, for the hang is its own."""

    @abstractmethod
    def rule(self, case: Case) -> Ruling:
        """What it says. Never raises on a response: it abstains with a reason."""

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


def rules(judges: Iterable[Judge]) -> tuple[RuleJudge, ...]:
    """Those that are programs, in their order."""
    return tuple(judge for judge in judges if isinstance(judge, RuleJudge))
