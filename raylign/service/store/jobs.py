"""Jobs in the store: queued, and what is read of them."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from raylign.errors import JobConflict
from raylign.service.access import DEFAULT_TENANT
from raylign.service.store.changes import JOB_COLUMNS, absent, find_job, finish_job, plain
from raylign.service.store.database import Database
from raylign.service.store.digest import digest
from raylign.service.store.ids import new_id
from raylign.service.store.quotas import HAS_ROOM, require_turn
from raylign.service.store.records import JOB_FIELDS, JobRecord, job_record
from raylign.service.store.schema import jobs
from raylign.service.store.states import TERMINAL, WAITING, State
from raylign.spec import Work
from raylign.spec.kinds import ABSENT

_NEW_JOB = insert(jobs)
_TENANT = select(jobs.c.tenant).where(jobs.c.id == bindparam("job_id"))


class Jobs:
    """The part of the store that is about jobs."""

    _database: Database

    def create(
        self,
        job: Work,
        *,
        key: str | None = None,
        tenant: str = DEFAULT_TENANT,
        metadata: Mapping[str, str] | None = None,
        priority: int = 0,
        after: str | None = None,
        most_queued: int | None = None,
    ) -> tuple[JobRecord, bool]:
        """Queue a job. A tenant's same ``key`` with the same document gives the first job again, and False.

        ``metadata``: what its user says of it. ``priority``: the highest starts first. ``after``: a job that has to
        succeed before this one starts.

        Raises `JobConflict` when the key came with another document before; `OverQuota` where ``most_queued`` of the
        tenant's jobs wait already.
        """
        document = job.model_dump(mode="json")
        row = {
            "id": new_job_id(),
            "name": job.name,
            "tenant": tenant,
            "document": document,
            "idempotency_key": key,
            "body_sha256": digest(_body(job)),
            "state": State.QUEUED,
            "desired": "run",
            "status_reason": f"waiting for job {after} to succeed" if after else "waiting for its turn",
            "last_seq": 0,
            "created_at": time.time(),
            "metadata": dict(metadata or {}),
            "rank": -priority,
            "after_job": after,
            "counts_from": 1,
        }
        try:
            with self._database.writing() as connection:
                connection.execute(_NEW_JOB, row)
                require_turn(connection, tenant, most_queued)
            return job_record(row.get(name) for name in JOB_FIELDS), True
        except IntegrityError:
            with self._database.reading() as connection:
                mine = (jobs.c.tenant == tenant) & (jobs.c.idempotency_key == key)
                *found, body_sha256 = connection.execute(select(*JOB_COLUMNS, jobs.c.body_sha256).where(mine)).one()
        first = job_record(found)
        if body_sha256 != row["body_sha256"]:
            raise JobConflict(
                f"idempotency key {key!r} was used for job {first.id!r} with another document: use a new key"
            )
        return first, False

    def get(self, job_id: str) -> JobRecord:
        """Raises `JobNotFound`."""
        with self._database.reading() as connection:
            return find_job(connection, job_id)

    def tenant_of(self, job_id: str) -> str | None:
        """Whose a job is; None of what is none."""
        with self._database.reading() as connection:
            return connection.execute(_TENANT, {"job_id": job_id}).scalar_one_or_none()

    def jobs_of(self, tenant: str) -> list[str]:
        """Ids of all of a tenant's jobs."""
        with self._database.reading() as connection:
            return list(connection.execute(select(jobs.c.id).where(jobs.c.tenant == tenant)).scalars())

    def document(self, job_id: str) -> Mapping[str, Any]:
        """The validated job document. Raises `JobNotFound`."""
        with self._database.reading() as connection:
            row = connection.execute(select(jobs.c.document).where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise absent(job_id)
        document: Mapping[str, Any] = row.document
        return document

    def waiting(self, *, limit: int) -> list[JobRecord]:
        """Jobs that may start, in the order in which they should: by priority, interrupted ones first, then by age."""
        asked = {"limit": limit, "now": time.time()}
        with self._database.reading() as connection:
            found = [
                job_record(row) for state in WAITING for row in connection.execute(_READY, {"state": state, **asked})
            ]
        return sorted(found, key=_turn)[:limit]

    def place_in_queue(self, job: JobRecord) -> int | None:
        """How many jobs' turns come up to its own, itself counted; None where it does not wait for one."""
        if job.state not in WAITING:
            return None
        queries = [
            select(func.count()).select_from(jobs).where(jobs.c.state == state, _ahead(job, state)) for state in WAITING
        ]
        with self._database.reading() as connection:
            return 1 + sum(connection.execute(query).scalar_one() for query in queries)

    def note(self, job_id: str, reason: str) -> None:
        """Say what a job that has not ended waits for."""
        with self._database.writing() as connection:
            live = (jobs.c.id == job_id) & jobs.c.state.not_in(TERMINAL)
            connection.execute(update(jobs).where(live).values(status_reason=plain(reason)))

    def fail(self, job_id: str, reason: str) -> None:
        """End a job that could not be started. Raises `JobConflict` when it has ended."""
        with self._database.writing() as connection:
            finish_job(connection, find_job(connection, job_id, lock=True), State.FAILED, reason)


_other = jobs.alias()
_SUCCEEDED = exists().where(_other.c.id == jobs.c.after_job, _other.c.state == State.SUCCEEDED)
_READY = (
    select(*JOB_COLUMNS)
    .where(
        jobs.c.state == bindparam("state"),
        HAS_ROOM,
        jobs.c.start_after.is_(None) | (jobs.c.start_after <= bindparam("now")),
        jobs.c.after_job.is_(None) | _SUCCEEDED,
    )
    .order_by(jobs.c.rank, jobs.c.id)
    .limit(bindparam("limit"))
)


def _turn(job: JobRecord) -> tuple[int, int, str]:
    """Sorts jobs by when they should start."""
    return job.rank, WAITING.index(job.state), job.id


def _ahead(job: JobRecord, state: State) -> ColumnElement[bool]:
    """Of jobs in ``state``, those whose turn comes before this one's."""
    mine, theirs = WAITING.index(job.state), WAITING.index(state)
    if theirs != mine:
        return jobs.c.rank <= job.rank if theirs < mine else jobs.c.rank < job.rank
    # As one value, of which the queue's index is a range: of two conditions SQLite would look at the whole queue.
    return tuple_(jobs.c.rank, jobs.c.id) < tuple_(job.rank, job.id)


def _body(job: Work) -> str:
    """What an idempotency key stands for: the document, in which the kind that need not be named never is."""
    return job.model_dump_json(exclude={"kind"} if job.kind == ABSENT else None)


def new_job_id() -> str:
    """Of a new job."""
    return new_id("job")
