"""What a user wants of a job: cancelled, paused, resumed. Each may be asked for again, and changes nothing then."""

import time

from sqlalchemy import select

from raylign.errors import JobConflict
from raylign.service.store.changes import find_job, finish_job, move_job, set_job
from raylign.service.store.database import Database
from raylign.service.store.records import JobRecord
from raylign.service.store.schema import jobs
from raylign.service.store.states import TERMINAL, WAITING, State


class Wishes:
    """The part of the store that is about what is wanted. All of it raises `JobNotFound`, and `JobConflict` where the
    job's state does not allow it.
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
