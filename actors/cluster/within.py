"""Waits with a deadline, and Ray's errors as ours."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from ray.exceptions import GetTimeoutError, OutOfMemoryError, RayActorError, RayTaskError, WorkerCrashedError
from rich.text import Text

from raylign.errors import DeadlineExpired, RaylignError, WorkerFailed, WorkerLost

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What is waited for, in words."""

    job: str
    worker: str
    """``rollout/0``; its rank or index is part of the name."""
    phase: str
    seconds: float

    def expired(self) -> DeadlineExpired:
        return DeadlineExpired(
            f"job {self.job}: {self.worker} did not finish {self.phase!r} within {self.seconds:g} s. Look at its log "
            "in the Ray dashboard; if it only needs longer, raise the matching setting under `deadlines`"
        )


async def within(awaitable: Awaitable[T], wait: Wait, *, seconds: float | None = None) -> T:
    """The awaitable's result, in at most ``wait.seconds`` (or the ``seconds`` left of them).

    Raises `DeadlineExpired`; `WorkerLost` when the actor died; a worker's own error under its own type, `WorkerFailed`
    where it is none of ours.
    """
    try:
        async with asyncio.timeout(wait.seconds if seconds is None else max(seconds, 0.0)):
            return await awaitable
    except RayTaskError as error:  # first, because it is also what the worker raised: perhaps a TimeoutError
        if isinstance(error.cause, RaylignError):
            raise error.cause from None
        raise WorkerFailed(
            f"job {wait.job}: {wait.worker} failed during {wait.phase!r}: {type(error.cause).__name__}: "
            f"{_first_lines(error.cause)}. Its log in the Ray dashboard has the traceback"
        ) from None
    except (TimeoutError, GetTimeoutError) as error:
        if isinstance(error, RaylignError):
            raise
        raise wait.expired() from None
    except (RayActorError, WorkerCrashedError, OutOfMemoryError) as error:
        raise WorkerLost(f"job {wait.job}: {wait.worker} died during {wait.phase!r}: {_first_lines(error)}") from None


def _first_lines(error: Exception) -> str:
    # Ray colours what it says for a terminal.
    lines = [line.strip() for line in Text.from_ansi(str(error)).plain.splitlines() if line.strip()]
    return " ".join(lines[:4])
