"""The seams of the loop: what it asks of its workers, whoever runs them.

``actors/`` builds these on Ray; tests build them in-process. Implementations put a deadline on every wait and raise
`DeadlineExpired`; the loop itself never waits without one.
"""

from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from raylign.judges.judge import Judge
from raylign.remote import Place
from raylign.rewards.raters import Answered, Head, Value
from raylign.rewards.reward import AskedPart
from raylign.types import Completion, Example, Preference, Prompt, Request, StepStats
from raylign.types import Sequence as TokenSequence
from raylign.verdicts import Verdict


class Rollouts(Protocol):
    """The rollout workers, together."""

    def generate(self, requests: Sequence[Request]) -> AsyncIterator[list[Completion]]:
        """Yield completions as they finish, in any order, in whatever handfuls they come.

        Consumes: prompts. Unblocked by: each finished completion. Raises `WorkerLost`, `DeadlineExpired`.
        """
        ...


Roles = tuple[str, ...]
"""Of a conversation's turns before the response: ``("system", "user")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reward model can read."""

    context: int
    """Tokens of a whole conversation, its own."""
    refusals: Mapping[Roles, str]
    """Conversations that its chat template does not take, of those asked about, and what it says."""


class Judges(Protocol):
    """The mixture of judges and whoever gives rewards. A failed sample is an abstention, never an exception."""

    async def judge(self, asked: Sequence[tuple[Prompt, Completion, Sequence[Judge]]]) -> list[tuple[Verdict, ...]]:
        """For each completion, what the judges that its prompt has say of it, in any order.

        Whoever says nothing abstains: `raylign.verdicts.hear`.
        """
        ...

    async def reward(self, part: AskedPart, groups: Sequence[Answered]) -> list[list[Value]]:
        """For each prompt, what that part of its task's reward gives each completion."""
        ...

    async def reading(self, head: Head, shapes: Sequence[Roles]) -> Reading:
        """What the reward model can read, conversations of these roles among it."""
        ...

    async def prefer(self, pairs: Sequence[tuple[Prompt, Completion, Completion]]) -> list[Preference]:
        """The annotator's preference for the first of each two responses, asked in both orders (OAIF)."""
        ...


class Reference(Protocol):
    """The reference model: frozen, or where it was moved to last."""

    def hold(self, directory: Place | None) -> None:
        """Answer by the weights that `follow` wrote there from now on; None: by those it started with."""
        ...

    async def follow(self, share: float, directory: Place) -> None:
        """Move to ``share`` times the trainer's present weights and the rest of its own; write these to ``directory``,
        whole or not at all, and hold them. Raises `PublishFailed` when what arrived is not what was sent."""
        ...

    async def score(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[float, ...]]:
        """Log-probability of every response token, at the rollout temperature."""
        ...

    async def embed(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list["array[float]"]:
        """Its last hidden state after every response, float32: all of one length."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one rank saw where the driver had left its sign."""

    node: str
    problem: str = ""
    """Why it could not read that sign, or leave its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file of a checkpoint, as the rank that wrote it knows it."""

    name: str
    """Relative to the checkpoint: ``policy/config.json``."""
    size: int
    """Bytes."""
    sha256: str


class Trainer(Protocol):
    """The policy being trained."""

    async def step(self, step: int, microbatches: Sequence[Sequence[Sequence[Example]]]) -> StepStats:
        """One optimizer step. ``microbatches[rank][i]`` is a list of examples; ranks have equally many.

        Raises `Diverged` when loss or gradient is not finite; the weights are then unchanged.
        """
        ...

    async def score(self, sequences: Sequence[TokenSequence]) -> list[tuple[float, ...]]:
        """Log-probability of every response token under the present weights, at the rollout temperature; of a reward
        model, its one number for the sequence."""
        ...

    async def look(self, directory: Place) -> Sequence[Sight]:
        """By rank, whether it sees the driver's sign in ``directory``; each leaves its own
        (`raylign.record.place`)."""
        ...

    async def save(self, directory: Place) -> Sequence[Sequence[WrittenFile]]:
        """Write ``directory/policy`` (a Hugging Face directory) and ``directory/trainer`` (optimizer, RNG).

        Returns by rank what it wrote; all of it is on disk, or in the store. Raises `CheckpointError`.
        """
        ...

    async def verify(self, directory: Place) -> list[str]:
        """What is damaged of a committed checkpoint: each rank reads the files that it wrote, from a store those
        that it will `load`."""
        ...

    async def load(self, directory: Place) -> None:
        """Continue exactly from what `save` wrote. From a store it is `verify` that brings it here."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishReport:
    """Proof that a version of the weights has landed on every rollout worker."""

    version: int
    workers: int
    tensors_checked: int
    bytes_sent: int
    seconds: float


class Weights(Protocol):
    """The way from trainer to rollout workers."""

    async def publish(self, version: int, *, verify_all: bool = False) -> PublishReport:
        """Bring every rollout worker to the trainer's present weights, named ``version``, and prove it.

        Waits for generation in progress to end first. Raises `PublishFailed` when a tensor did not land as sent.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All workers of one run."""

    rollouts: Rollouts
    judges: Judges
    reference: Reference
    trainer: Trainer
    weights: Weights
