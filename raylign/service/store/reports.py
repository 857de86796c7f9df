"""Events in the store, and the reports that bring them."""

import hmac
import time
from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import select

from raylign.errors import Unauthorized
from raylign.record.events import Event
from raylign.service.store.changes import find_attempt, find_job, move_job, set_attempt, take_events
from raylign.service.store.database import Database
from raylign.service.store.digest import digest
from raylign.service.store.records import AttemptRecord, JobRecord, Receipt
from raylign.service.store.schema import events
from raylign.service.store.states import CLOSED, TERMINAL, AttemptState, State, order

PART = 500
"""Events written in one transaction: others come to write in between, however long a report is."""


class Reports:
    """The part of the store that is about events."""

    _database: Database

    def events(
        self, job_id: str, *, after: int = 0, limit: int = 1000, kinds: Sequence[str] | None = None
    ) -> list[Event]:
        """Events numbered above ``after``, in order. Raises `JobNotFound`."""
        return self.news(job_id, after=after, limit=limit, kinds=kinds)[1]

    def news(
        self, job_id: str, *, after: int, limit: int, kinds: Sequence[str] | None = None
    ) -> tuple[JobRecord, list[Event]]:
        """A job, and its events numbered above ``after``, in order, as of one moment. Raises `JobNotFound`."""
        query = select(events).where((events.c.job_id == job_id) & (events.c.seq > after))
        if kinds is not None:
            query = query.where(events.c.kind.in_(kinds))
        with self._database.reading() as connection:
            job = find_job(connection, job_id)
            rows = connection.execute(query.order_by(events.c.seq).limit(limit))
            return job, [Event(seq=row.seq, time=row.time, kind=row.kind, data=row.data) for row in rows]

    def authorize(self, job_id: str, n: int, token: str) -> None:
        """Raises `Unauthorized` unless ``token`` is that of this attempt."""
        with self._database.reading() as connection:
            _authorized(find_attempt(connection, job_id, n), job_id, n, token)

    def report(self, job_id: str, n: int, token: str, batch: Sequence[Event]) -> Receipt:
        """Take a driver's batch. Known numbers are skipped; a batch that would leave a gap is not kept at all.

        A report is also the driver's heartbeat. A long one is kept in parts; should one of them fail, the driver
        sends the rest again. Raises `Unauthorized` unless ``token`` is this attempt's own.
        """
        while True:
            with self._database.writing() as connection:
                attempt = _authorized(find_attempt(connection, job_id, n), job_id, n, token)
                job = find_job(connection, job_id, lock=True)
                if attempt.state in CLOSED:
                    return Receipt(desired="cancel", next_seq=job.last_seq + 1)
                now = time.time()
                heard = {"state": AttemptState.RUNNING, "submitted_at": attempt.submitted_at or now, "reported_at": now}
                set_attempt(connection, attempt, **heard)
                if job.state is State.STARTING:
                    move_job(connection, job, State.RUNNING, "")
                    job = find_job(connection, job_id)
                fresh = [event for event in batch if event.seq > job.last_seq]
                if not _consecutive(fresh, job.last_seq):
                    return Receipt(desired=order(job.state, job.desired), next_seq=job.last_seq + 1, gap=True)
                job = take_events(connection, job, n, fresh[:PART])
            batch = fresh[PART:]
            if not batch or job.state in TERMINAL:
                return Receipt(desired=order(job.state, job.desired), next_seq=job.last_seq + 1)

    def ingest(self, attempt: AttemptRecord, spooled: Iterable[Event]) -> None:
        """Take what a driver that is gone left in its spool: everything the store lacks, up to the first gap."""
        with self._database.reading() as connection:
            known = find_job(connection, attempt.job_id).last_seq
        lacking = iter(sorted((event for event in spooled if event.seq > known), key=lambda event: event.seq))
        while part := list(islice(lacking, PART)):
            with self._database.writing() as connection:
                job = find_job(connection, attempt.job_id, lock=True)
                fresh: list[Event] = []
                for event in part:
                    if event.seq == job.last_seq + len(fresh) + 1:
                        fresh.append(event)
                job = take_events(connection, job, attempt.n, fresh)
            if job.state in TERMINAL or not fresh:
                return


def _authorized(found: tuple[AttemptRecord, str] | None, job_id: str, n: int, token: str) -> AttemptRecord:
    if found is None or not hmac.compare_digest(found[1], digest(token)):
        raise Unauthorized(f"this token is not that of attempt {n} of job {job_id!r}")
    return found[0]


def _consecutive(batch: Sequence[Event], last: int) -> bool:
    return all(event.seq == last + 1 + position for position, event in enumerate(batch))
