"""Who gives rewards besides the driver: the seam between a part of a reward and the workers that it asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from raylign.judges.askers import Endpoint, Question
from raylign.types import Completion, Prompt

Value: TypeAlias = float | str
"""A number for one response; a text is an abstention, and says why in few words."""
Answered: TypeAlias = tuple[Prompt, Sequence[Completion]]
"""A prompt with its responses. They are rated together and apart from other prompts', so that no bit of a reward
depends on the order in which groups arrive."""


@dataclass(frozen=True, slots=True)
class Head:
    """A reward model. Equal heads are one, whoever's responses it rates."""

    model: str
    """A directory, or a hub id."""


class Raters(Protocol):
    """The workers, as a part sees them. They wait under deadlines, and raise `WorkerLost` and `DeadlineExpired`."""

    async def score(self, head: Head, groups: Sequence[Answered]) -> list[list[Value]]:
        """The head's output for each response."""
        ...

    async def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        """What the question's asker answers to each row."""
        ...

    async def post(self, endpoint: Endpoint, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        """What a service that rewards says of each (prompt, response)."""
        ...
