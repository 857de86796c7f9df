"""Rows of the store as values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

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
    tenant: str
    """Whose it is."""
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
    pause_asked_at: float | None
    """When a pause was asked for last."""
    pause_ends_at: float | None
    """When a job that is still paused then is cancelled."""
    metadata: Mapping[str, str]
    """What its user says of it."""
    rank: int
    """Minus its priority: the smallest starts first."""
    after_job: str | None
    """Starts once that one has succeeded."""
    start_after: float | None
    """Not before then: its last attempt was lost."""
    counts_from: int
    """Number of the first attempt that counts against the limit; that of a job's retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A job and all its attempts, oldest first, as of one moment."""

    job: JobRecord
    attempts: Sequence[AttemptRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The store's answer to a driver's report."""

    desired: Desired
    """What it is to do."""
    next_seq: int
    """The event number it expects next."""
    gap: bool = False
    """The report began past ``next_seq``: none of it was kept."""


JOB_FIELDS = tuple(field.name for field in fields(JobRecord))
ATTEMPT_FIELDS = tuple(field.name for field in fields(AttemptRecord))


def job_record(row: Iterable[Any]) -> JobRecord:
    """A row of `JOB_FIELDS`. Read by place: by name, each of a list's thousand values would be looked up."""
    values = dict(zip(JOB_FIELDS, row, strict=True))
    return JobRecord(**values | {"state": State(values["state"])})


def attempt_record(row: Iterable[Any]) -> AttemptRecord:
    """A row of `ATTEMPT_FIELDS`."""
    values = dict(zip(ATTEMPT_FIELDS, row, strict=True))
    return AttemptRecord(**values | {"state": AttemptState(values["state"])})
