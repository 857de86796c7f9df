"""What a job's state may be, and which moves between states are allowed.

queued -> starting -> running -> succeeded | failed
             ^           |
         recovering <----+        an attempt was lost; the next one resumes from the last checkpoint
any of these -> cancelling -> cancelled
any of these -> pausing -> paused -> where it came from
failed | cancelled -> queued | recovering, when it is retried

What a job's user wants (`Desired`) is another thing, and may change while its state cannot yet: a job that is resumed
while it is pausing goes on once its attempt has left. What its driver is told (`order`) follows from both.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from raylign.errors import JobConflict
from raylign.record.events.demand import Ending

Desired = Literal["run", "pause", "cancel"]
"""What the user wants of a job; and what its driver is told, in the answer to each report."""


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    STARTING = "starting"
    """Handed to Ray; its driver has not reported yet."""
    RUNNING = "running"
    RECOVERING = "recovering"
    """An attempt was lost; waiting for the next one."""
    PAUSING = "pausing"
    """Asked to pause; its driver still has to write its checkpoint and leave."""
    PAUSED = "paused"
    """Holds no resources; goes on from its last checkpoint when it is resumed."""
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
    PAUSED = "paused"
    """It left because it was asked to; does not count either."""


ENDINGS: Mapping[State, Ending] = {
    State.CANCELLED: "cancelled",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
}
"""What an end event says of a job that came to this state."""
TERMINAL = frozenset(ENDINGS)
"""Left by nobody but who retries."""
WAITING = (State.RECOVERING, State.QUEUED)
"""States in which the dispatcher may start an attempt, in the order in which it does."""
ACTIVE = (State.STARTING, State.RUNNING, State.PAUSING, State.CANCELLING)
"""States in which a job holds resources."""
LEAVING = frozenset({State.PAUSING, State.CANCELLING})
"""States in which no attempt is wanted any more."""
CLOSED = frozenset({AttemptState.ENDED, AttemptState.LOST, AttemptState.INTERRUPTED, AttemptState.PAUSED})

OPEN = tuple(state for state in AttemptState if state not in CLOSED)

MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.STARTING, State.PAUSED, State.CANCELLED, State.FAILED}),
    State.STARTING: frozenset({State.RUNNING, State.RECOVERING}) | LEAVING | TERMINAL,
    State.RUNNING: frozenset({State.RECOVERING}) | LEAVING | TERMINAL,
    State.RECOVERING: frozenset({State.STARTING, State.PAUSED, State.CANCELLED, State.FAILED}),
    State.PAUSING: frozenset({State.PAUSED, State.RECOVERING, State.CANCELLING}) | TERMINAL,
    State.PAUSED: frozenset({State.QUEUED, State.RECOVERING, State.CANCELLED, State.FAILED}),
    State.CANCELLING: TERMINAL,
    State.CANCELLED: frozenset({State.QUEUED, State.RECOVERING}),
    State.FAILED: frozenset({State.QUEUED, State.RECOVERING}),
    State.SUCCEEDED: frozenset(),
}


def order(state: State, desired: Desired) -> Desired:
    """What a job's driver is told. One that may have begun to pause does so, whatever is wanted by now."""
    return "pause" if state is State.PAUSING else desired


def check_move(job_id: str, old: State, new: State) -> None:
    """Raise `JobConflict` when a job in state ``old`` may not go to ``new``."""
    if new not in MOVES[old]:
        can = ", ".join(sorted(MOVES[old])) or "nothing: it has ended"
        raise JobConflict(f"job {job_id!r} is {old.value}, it cannot become {new.value}; it can become {can}")
