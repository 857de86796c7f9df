"""Who gives rewards besides the driver: the seam between a part of a reward and the workers that it asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from raylign.judges.askers import Endpoint, Question
from raylign.judges.rules.rule import Case, Rater
from raylign.types import Completion, Prompt

Value: TypeAlias = float | str
"""A number for one response; a text is an abstention, and says why in few words."""
Answered: TypeAlias = tuple[Prompt, Sequence[Completion]]
"""A prompt with its responses. They are rated together and apart from other prompts', so that no bit of a reward
depends on the order in which groups arrive."""


@dataclass(frozen=True, slots=True)
class Head:
    """A reward model, and how it is held. Equal heads are one, whoever's responses it rates."""

    model: str
    """A directory, or a hub id."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    replicas: int | None = None
    """Actors that hold it and nothing else; None: it shares those of the job."""
    gpus: int = 1
    """Of one actor, on cuda: its layers are spread over them."""
    tokens_per_batch: int | None = None
    """Of one forward pass, padding included; None: all responses of a prompt go together."""

    @property
    def actors(self) -> int | None:
        """Of its own; None where it shares those of the job."""
        return self.replicas or (1 if self.gpus > 1 else None)


class Raters(Protocol):
    """The workers, as a part sees them. They wait under deadlines, and raise `WorkerLost` and `DeadlineExpired`."""

    async def score(self, head: Head, groups: Sequence[Answered]) -> list[list[Value]]:
        """The head's output for each response."""
        ...

    async def run(self, program: Rater, cases: Sequence[Case]) -> list[Value]:
        """What a program says of each case, in a child process of a judge worker."""
        ...

    async def ask(self, question: Question, rows: Sequence[Any]) -> list[Any]:
        """What the question's asker answers to each row."""
        ...

    async def post(self, endpoint: Endpoint, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
        """What a service that rewards says of each (prompt, response)."""
        ...
