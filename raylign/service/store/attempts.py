"""Attempts in the store: what the dispatcher writes down of them."""

import time

from sqlalchemy import func, insert, select, update

from raylign.service.store.changes import (
    ATTEMPT_COLUMNS,
    find_job,
    finish_job,
    move_job,
    plain,
    set_attempt,
    set_job,
    settle_job,
    word_of_pause,
)
from raylign.service.store.database import Database
from raylign.service.store.digest import digest
from raylign.service.store.quotas import require_place
from raylign.service.store.records import AttemptRecord, JobRecord, attempt_record
from raylign.service.store.schema import attempts
from raylign.service.store.states import OPEN, TERMINAL, AttemptState, State

LONGEST_BACKOFF_S = 600.0


class Attempts:
    """The part of the store that is about attempts."""

    _database: Database

    def open_attempts(self) -> list[tuple[JobRecord, AttemptRecord]]:
        """Attempts that may still hold resources, with their jobs."""
        query = select(*ATTEMPT_COLUMNS).where(attempts.c.state.in_(OPEN)).order_by(attempts.c.created_at)
        with self._database.reading() as connection:
            found = [attempt_record(row) for row in connection.execute(query)]
            return [(find_job(connection, attempt.job_id), attempt) for attempt in found]

    def begin_attempt(self, job_id: str, *, token: str, run_dir: str) -> AttemptRecord:
        """Write down the next attempt, before Ray is called. ``token`` is kept only as a hash.

        Raises `JobConflict` when the job no longer waits, or its tenant has as many running as may.
        """
        now = time.time()
        with self._database.writing() as connection:
            job = find_job(connection, job_id, lock=True)
            require_place(connection, job.tenant)
            move_job(connection, job, State.STARTING, "starting on Ray")
            count = select(func.count()).select_from(attempts).where(attempts.c.job_id == job_id)
            n = 1 + connection.execute(count).scalar_one()
            set_job(connection, job_id, run_dir=run_dir, started_at=job.started_at or now)
            row = {
                "job_id": job_id,
                "n": n,
                "submission_id": f"{job_id}-a{n}",
                "token_sha256": digest(token),
                "state": AttemptState.CREATED,
                "reason": "",
                "created_at": now,
            }
            connection.execute(insert(attempts).values(row))
            this = (attempts.c.job_id == job_id) & (attempts.c.n == n)
            return attempt_record(connection.execute(select(*ATTEMPT_COLUMNS).where(this)).one())

    def confirm_attempt(self, attempt: AttemptRecord) -> None:
        """Ray has it."""
        this = (attempts.c.job_id == attempt.job_id) & (attempts.c.n == attempt.n)
        with self._database.writing() as connection:
            created = this & (attempts.c.state == AttemptState.CREATED)
            connection.execute(update(attempts).where(created).values(state=AttemptState.SUBMITTED))
            unsaid = this & attempts.c.submitted_at.is_(None)
            connection.execute(update(attempts).where(unsaid).values(submitted_at=time.time()))

    def stop_asked(self, attempt: AttemptRecord) -> None:
        """Ray was told to stop it; the first time counts."""
        this = (attempts.c.job_id == attempt.job_id) & (attempts.c.n == attempt.n)
        with self._database.writing() as connection:
            first = this & attempts.c.stop_asked_at.is_(None)
            connection.execute(update(attempts).where(first).values(stop_asked_at=time.time()))

    def close_attempt(
        self, attempt: AttemptRecord, reason: str, *, max_attempts: int, backoff_s: float = 0
    ) -> JobRecord:
        """An attempt is over. If nobody wanted that, nor its driver said how, the job recovers, or has had its last.

        ``backoff_s``: between a lost attempt and the next; doubled for each that was lost before.
        """
        with self._database.writing() as connection:
            job = find_job(connection, attempt.job_id, lock=True)
            state = _closed(job)
            if state is AttemptState.PAUSED:
                reason = word_of_pause(connection, job) or reason
            set_attempt(connection, attempt, state=state, reason=plain(reason), ended_at=time.time())
            if state is AttemptState.ENDED:
                return job
            if state is AttemptState.PAUSED or job.desired != "run":
                settle_job(connection, job, reason)
                return find_job(connection, job.id)
            mine_lost = (
                (attempts.c.job_id == job.id)
                & (attempts.c.state == AttemptState.LOST)
                & (attempts.c.n >= job.counts_from)
            )
            lost = connection.execute(select(func.count()).select_from(attempts).where(mine_lost)).scalar_one()
            if lost >= max_attempts:
                finish_job(connection, job, State.FAILED, f"attempt {attempt.n} of {max_attempts} was lost: {reason}")
            else:
                wait_s = min(backoff_s * 2 ** (lost - 1), LONGEST_BACKOFF_S)
                soon = f" in {wait_s:g} s" if wait_s else ""
                set_job(connection, job.id, start_after=time.time() + wait_s if wait_s else None)
                settle_job(connection, job, f"attempt {attempt.n} was lost ({reason}); starting another{soon}")
            return find_job(connection, job.id)

    def interrupt_attempt(self, attempt: AttemptRecord, reason: str) -> None:
        """The service itself stopped an attempt: the job goes on, at no cost, when the service is back."""
        with self._database.writing() as connection:
            job = find_job(connection, attempt.job_id, lock=True)
            set_attempt(connection, attempt, state=AttemptState.INTERRUPTED, reason=plain(reason), ended_at=time.time())
            if job.state not in TERMINAL:
                settle_job(connection, job, reason)


def _closed(job: JobRecord) -> AttemptState:
    """What an attempt of this job is that is over."""
    if job.state in TERMINAL:
        return AttemptState.ENDED
    return AttemptState.PAUSED if job.state is State.PAUSING else AttemptState.LOST
