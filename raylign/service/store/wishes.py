"""What a user wants of a job: cancelled, paused, resumed, retried, deleted."""

import time

from sqlalchemy import Connection, delete, func, select

from raylign.errors import JobConflict
from raylign.service.store.changes import find_job, finish_job, move_job, set_job
from raylign.service.store.database import Database
from raylign.service.store.records import JobRecord
from raylign.service.store.schema import attempts, events, jobs
from raylign.service.store.states import OPEN, TERMINAL, WAITING, State


class Wishes:
    """The part of the store that is about what is wanted. All of it raises `JobNotFound`, and `JobConflict` where the
    job's state does not allow it. To cancel, pause or resume again changes nothing.
    """

    _database: Database

    def cancel(self, job_id: str) -> JobRecord:
        """Ask a job to stop; at once where nothing runs."""
        with self._database.writing() as connection:
            job = find_job(connection, job_id, lock=True)
            if job.state is State.CANCELLING:
                return job
            set_job(connection, job_id, desired="cancel", cancel_asked_at=time.time())
            if job.state in WAITING:
                finish_job(connection, job, State.CANCELLED, "cancelled before it started")
            elif job.state is State.PAUSED:
                finish_job(connection, job, State.CANCELLED, "cancelled while it was paused")
            else:
                move_job(connection, job, State.CANCELLING, "cancel asked; waiting for the driver to stop")
            return find_job(connection, job_id)

    def pause(self, job_id: str, *, ttl_s: float) -> JobRecord:
        """Ask a job to give its resources back; at once where it holds none. ``ttl_s``: for how long at most."""
        with self._database.writing() as connection:
            job = find_job(connection, job_id, lock=True)
            if job.desired == "pause" and job.state not in TERMINAL:
                return job
            if job.state in WAITING:
                move_job(connection, job, State.PAUSED, "paused before it started")
            elif job.state is not State.PAUSING:  # it was resumed, and has not left yet
                move_job(connection, job, State.PAUSING, "pause asked; waiting for the driver to leave")
            now = time.time()
            set_job(connection, job_id, desired="pause", pause_asked_at=now, pause_ends_at=now + ttl_s)
            return find_job(connection, job_id)

    def resume(self, job_id: str) -> JobRecord:
        """Let a paused job go on, when there is room; one that is still pausing, once its driver has left."""
        with self._database.writing() as connection:
            job = find_job(connection, job_id, lock=True)
            if job.desired == "run" and job.state not in TERMINAL:
                return job
            if job.state is State.PAUSED:
                begun = job.started_at is not None
                move_job(connection, job, State.RECOVERING if begun else State.QUEUED, "resumed; waiting for its turn")
            elif job.state is State.PAUSING:
                set_job(connection, job_id, status_reason="resume asked; waiting for the attempt that pauses to leave")
            else:
                raise JobConflict(f"job {job_id!r} is {job.state.value}: only a job that is paused can be resumed")
            set_job(connection, job_id, desired="run")
            return find_job(connection, job_id)

    def retry(self, job_id: str) -> JobRecord:
        """Have a job that failed or was cancelled go on from its last checkpoint, with a new one's attempts."""
        with self._database.writing() as connection:
            job = find_job(connection, job_id, lock=True)
            if job.state not in (State.FAILED, State.CANCELLED):
                raise JobConflict(
                    f"job {job_id!r} is {job.state.value}: only a job that failed or was cancelled can be retried"
                )
            _require_left(connection, job)
            begun = job.started_at is not None
            move_job(connection, job, State.RECOVERING if begun else State.QUEUED, "retried; waiting for its turn")
            made = select(func.count()).select_from(attempts).where(attempts.c.job_id == job_id)
            anew = {"desired": "run", "finished_at": None, "cancel_asked_at": None, "start_after": None}
            set_job(connection, job_id, **anew, counts_from=1 + connection.execute(made).scalar_one())
            return find_job(connection, job_id)

    def delete(self, job_id: str) -> JobRecord:
        """Forget a job that has ended, its attempts and its events. Its run directory is the caller's to remove."""
        with self._database.writing() as connection:
            job = find_job(connection, job_id, lock=True)
            if job.state not in TERMINAL:
                raise JobConflict(f"job {job_id!r} is {job.state.value}: cancel it before you delete it")
            _require_left(connection, job)
            waiting = select(jobs.c.id).where(jobs.c.state.in_(WAITING), jobs.c.after_job == job_id).limit(1)
            if (waits := connection.execute(waiting).scalar_one_or_none()) is not None:
                raise JobConflict(f"job {waits!r} waits for job {job_id!r}: cancel that one first")
            for table in (events, attempts):
                connection.execute(delete(table).where(table.c.job_id == job_id))
            connection.execute(delete(jobs).where(jobs.c.id == job_id))
            return job

    def end_pauses(self) -> list[str]:
        """Cancel what has been paused for too long. Returns the ids."""
        overdue = (jobs.c.state == State.PAUSED) & (jobs.c.pause_ends_at < time.time())
        with self._database.reading() as connection:
            found = list(connection.execute(select(jobs.c.id).where(overdue)).scalars())
        ended = []
        for job_id in found:
            with self._database.writing() as connection:
                job = find_job(connection, job_id, lock=True)
                if job.state is State.PAUSED and (job.pause_ends_at or 0) < time.time():
                    set_job(connection, job_id, desired="cancel")
                    finish_job(connection, job, State.CANCELLED, "nobody resumed it in time; its checkpoint is kept")
                    ended.append(job_id)
        return ended


def _require_left(connection: Connection, job: JobRecord) -> None:
    """Raise `JobConflict` while an attempt of a job that has ended may still be at work."""
    still = select(attempts.c.n).where(attempts.c.job_id == job.id, attempts.c.state.in_(OPEN)).limit(1)
    if (n := connection.execute(still).scalar_one_or_none()) is not None:
        raise JobConflict(f"attempt {n} of job {job.id!r} has not left the cluster yet: try again in some seconds")
