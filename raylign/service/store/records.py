"""Rows of the store as values."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from raylign.service.store.states import AttemptState, Desired, State


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt of a job: one Ray job. Times are Unix seconds."""

    job_id: str
    n: int
    """1, 2, 3, ..."""
    submission_id: str
    """Ray's name for it, fixed before Ray is called."""
    state: AttemptState
    reason: str
    created_at: float
    submitted_at: float | None
    """When Ray was first seen to have it."""
    reported_at: float | None
    """The driver's last report: its heartbeat."""
    stop_asked_at: float | None
    """When Ray was first told to stop it."""
    ended_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One job, without its document. Times are Unix seconds."""

    id: str
    name: str
    state: State
    desired: Desired
    status_reason: str
    """What it waits for, or why it ended; may be empty."""
    last_seq: int
    """Number of its newest event; 0 before the first."""
    run_dir: str | None
    created_at: float
    started_at: float | None
    """First attempt."""
    finished_at: float | None
    cancel_asked_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The store's answer to a driver's report."""

    desired: Desired
    next_seq: int
    """The event number it expects next."""
    gap: bool = False
    """The report began past ``next_seq``: none of it was kept."""


def job_record(row: Row[Any]) -> JobRecord:
    """A row of `JOB_COLUMNS`."""
    return JobRecord(
        id=row.id,
        name=row.name,
        state=State(row.state),
        desired=row.desired,
        status_reason=row.status_reason,
        last_seq=row.last_seq,
        run_dir=row.run_dir,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        cancel_asked_at=row.cancel_asked_at,
    )


def attempt_record(row: Row[Any]) -> AttemptRecord:
    """A row of the table of attempts."""
    return AttemptRecord(
        job_id=row.job_id,
        n=row.n,
        submission_id=row.submission_id,
        state=AttemptState(row.state),
        reason=row.reason,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        reported_at=row.reported_at,
        stop_asked_at=row.stop_asked_at,
        ended_at=row.ended_at,
    )
