"""Where a step's groups come from, whoever makes them, and of what."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol

from raylign.clock import Clock
from raylign.record.events import Emit
from raylign.record.rundir import RunDirectory
from raylign.sources.collect import Collector
from raylign.sources.prompts import Encode, World
from raylign.spec.job import Job
from raylign.types import Group


class Source(Protocol):
    """What the loop asks for the groups of each step."""

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        """The groups of all tasks for ``step``; which prompts they answer is a function of the job and the step alone.

        Asked for once a step, in order, from wherever the run begins. ``clock`` takes in where the seconds went. Raises
        what its workers raise.
        """
        ...

    def held_out(self) -> Sequence[Group]:
        """Groups of all tasks that the evaluation measures as they are: prompts that nobody trains on, and responses
        that were there before."""
        ...

    async def aclose(self) -> None:
        """End what was begun for steps that will not come."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a source may be made of."""

    collector: Collector
    """Who asks the workers; they stand, and the rollout workers hold the reference's weights."""
    world: World
    encode: Encode
    run: RunDirectory
    """Where it may keep what the next attempt goes on with."""
    emit: Emit


def opened(job: Job, means: Means) -> AbstractAsyncContextManager[Source]:
    """The source that the job's kind names, made ready for the first step; it holds what it needs until the exit.

    Entering raises what it has to say against job and prompts, as `SpecError`, and what its workers raise.
    """
    made: AbstractAsyncContextManager[Source] = resolve_name(job.source)(job, means)
    return made
