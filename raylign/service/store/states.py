"""What a job's state may be, and which moves between states are allowed.

queued -> starting -> running -> succeeded | failed
             ^           |
         recovering <----+        an attempt was lost; the next one resumes from the last checkpoint
any of these -> cancelling -> cancelled
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from raylign.errors import JobConflict
from raylign.record.events.demand import Ending

Desired = Literal["run", "cancel"]
"""What the driver should be doing; it learns it from the answer to each report."""


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    STARTING = "starting"
    """Handed to Ray; its driver has not reported yet."""
    RUNNING = "running"
    RECOVERING = "recovering"
    """An attempt was lost; waiting for the next one."""
    CANCELLING = "cancelling"
    """Asked to stop; its driver still has to obey."""
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class AttemptState(StrEnum):
    """Where one attempt of a job, one Ray job, is."""

    CREATED = "created"
    """Written down before Ray is called; Ray may or may not know it."""
    SUBMITTED = "submitted"
    """Ray has it."""
    RUNNING = "running"
    """Its driver has reported."""
    ENDED = "ended"
    """Its driver said how the run ended."""
    LOST = "lost"
    """It ended, or fell silent, without saying how."""
    INTERRUPTED = "interrupted"
    """The service itself stopped it; does not count against the limit of attempts."""


ENDINGS: Mapping[State, Ending] = {
    State.CANCELLED: "cancelled",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
}
"""What an end event says of a job that came to this state."""
TERMINAL = frozenset(ENDINGS)
WAITING = (State.RECOVERING, State.QUEUED)
"""States in which the dispatcher may start an attempt, in the order in which it does."""
CLOSED = frozenset({AttemptState.ENDED, AttemptState.LOST, AttemptState.INTERRUPTED})

OPEN = tuple(state for state in AttemptState if state not in CLOSED)

MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.STARTING, State.CANCELLED, State.FAILED}),
    State.STARTING: frozenset({State.RUNNING, State.RECOVERING, State.CANCELLING}) | TERMINAL,
    State.RUNNING: frozenset({State.RECOVERING, State.CANCELLING}) | TERMINAL,
    State.RECOVERING: frozenset({State.STARTING, State.CANCELLED, State.FAILED}),
    State.CANCELLING: TERMINAL,
    State.CANCELLED: frozenset(),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
}


def check_move(job_id: str, old: State, new: State) -> None:
    """Raise `JobConflict` when a job in state ``old`` may not go to ``new``."""
    if new not in MOVES[old]:
        can = ", ".join(sorted(MOVES[old])) or "nothing: it has ended"
        raise JobConflict(f"job {job_id!r} is {old.value}, it cannot become {new.value}; it can become {can}")
