"""What happens to rows within one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from raylign.errors import JobNotFound
from raylign.record.events import Event
from raylign.record.events.payloads import RunEnded, RunPaused, Warned
from raylign.service.store.records import (
    ATTEMPT_FIELDS,
    JOB_FIELDS,
    AttemptRecord,
    JobRecord,
    attempt_record,
    job_record,
)
from raylign.service.store.schema import attempts, events, jobs
from raylign.service.store.states import ENDINGS, TERMINAL, State, check_move
from raylign.service.store.webhooks import tell_end

JOB_COLUMNS = [jobs.c[name] for name in JOB_FIELDS]
"""Without the document: it can be long, and few who ask for a job want it."""
ATTEMPT_COLUMNS = [attempts.c[name] for name in ATTEMPT_FIELDS]
# Made once: SQLAlchemy takes longer to put a statement together than SQLite to answer it.
_JOB = select(*JOB_COLUMNS).where(jobs.c.id == bindparam("job_id"))
_LOCKED_JOB = _JOB.with_for_update()
MAX_REASON = 4000
"""Characters of a reason; every list of jobs shows it."""
UNREADABLE = RunEnded(state="failed", message="its driver ended with a word we do not know", model=None, report=None)
"""What an end event in a dead driver's spool comes to, should it not be one."""


def find_job(connection: Connection, job_id: str, *, lock: bool = False) -> JobRecord:
    """Raises `JobNotFound`. ``lock``: nobody else changes it before this transaction ends."""
    row = connection.execute(_LOCKED_JOB if lock else _JOB, {"job_id": job_id}).one_or_none()
    if row is None:
        raise absent(job_id)
    return job_record(row)


def absent(job_id: str) -> JobNotFound:
    """The error of who asks for a job that is not there."""
    return JobNotFound(f"there is no job {job_id!r}; GET /v1/jobs lists all")


def find_attempt(connection: Connection, job_id: str, n: int) -> tuple[AttemptRecord, str] | None:
    """One attempt, and its token's hash."""
    query = select(*ATTEMPT_COLUMNS, attempts.c.token_sha256)
    row = connection.execute(query.where((attempts.c.job_id == job_id) & (attempts.c.n == n))).one_or_none()
    return None if row is None else (attempt_record(row[:-1]), row.token_sha256)


def set_job(connection: Connection, job_id: str, **values: Any) -> None:
    """Change columns of a job."""
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))


def set_attempt(connection: Connection, attempt: AttemptRecord, **values: Any) -> None:
    """Change columns of an attempt."""
    this = (attempts.c.job_id == attempt.job_id) & (attempts.c.n == attempt.n)
    connection.execute(update(attempts).where(this).values(**values))


def move_job(connection: Connection, job: JobRecord, state: State, reason: str) -> None:
    """Bring a job to another state. Raises `JobConflict` where its state does not allow that."""
    check_move(job.id, job.state, state)
    set_job(connection, job.id, state=state, status_reason=plain(reason))


def finish_job(
    connection: Connection, job: JobRecord, state: State, reason: str, *, end: Event | None = None, attempt: int = 0
) -> None:
    """End a job. Every stream ends with an ``end`` event: the driver's own, or one made here."""
    move_job(connection, job, state, reason)
    if end is None:
        last = connection.execute(select(jobs.c.last_seq).where(jobs.c.id == job.id)).scalar_one()
        said = RunEnded(state=ENDINGS[state], message=plain(reason), model=None, report=None)
        end = Event.of(said, seq=last + 1)
    append_events(connection, job.id, attempt, [end])
    set_job(connection, job.id, finished_at=end.time)
    tell_end(connection, job, state)


def settle_job(connection: Connection, job: JobRecord, reason: str) -> None:
    """Bring a job whose attempt is over, and did not end it, to where its user wants it."""
    match job.desired:
        case "cancel":
            finish_job(connection, job, State.CANCELLED, f"cancelled ({reason})")
        case "pause":
            move_job(connection, job, State.PAUSED, reason)
        case "run":
            move_job(connection, job, State.RECOVERING, reason)


def word_of_pause(connection: Connection, job: JobRecord) -> str | None:
    """What a driver said of its pause, where that was its last word."""
    query = select(events.c.data).where((events.c.job_id == job.id) & (events.c.seq == job.last_seq))
    data = connection.execute(query.where(events.c.kind == RunPaused.kind)).scalar_one_or_none()
    return None if data is None else f"after {data['step']} steps; {data.get('message', '')}"


def append_events(connection: Connection, job_id: str, attempt: int, batch: Sequence[Event]) -> None:
    """Write the next events of a job, numbered on from its last."""
    if not batch:
        return
    rows = [
        {"job_id": job_id, "seq": one.seq, "attempt": attempt, "time": one.time, "kind": one.kind, "data": one.data}
        for one in batch
    ]
    connection.execute(insert(events), rows)
    set_job(connection, job_id, last_seq=batch[-1].seq)


def take_events(connection: Connection, job: JobRecord, attempt: int, fresh: Sequence[Event]) -> JobRecord:
    """Keep new events of a job that has not ended; an ``end`` among them ends it, and nothing follows an end."""
    if job.state in TERMINAL:
        return job
    kept: list[Event] = []
    for event in fresh:
        if event.kind != RunEnded.kind:
            kept.append(event)
            continue
        said = event.said if isinstance(event.said, RunEnded) else UNREADABLE
        if said.state == State.CANCELLED and job.desired != "cancel":
            # Nobody asked: the driver was killed from outside. The job is not over, and its stream must not say so.
            kept.append(Event.of(Warned(message="the driver was stopped"), seq=event.seq, time=event.time))
            continue
        append_events(connection, job.id, attempt, kept)
        finish_job(connection, job, State(said.state), said.message, end=event, attempt=attempt)
        return find_job(connection, job.id)
    append_events(connection, job.id, attempt, kept)
    return find_job(connection, job.id)


def plain(reason: str) -> str:
    """A reason as every database takes it: no NUL, no half of a surrogate pair, and not without end."""
    return reason[:MAX_REASON].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
