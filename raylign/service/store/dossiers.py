"""Jobs with their attempts, as who asks for them sees them: one statement, so all of it is of one moment."""

from collections.abc import Iterable, Mapping
from itertools import groupby, product
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from raylign.service.store.changes import ATTEMPT_COLUMNS, JOB_COLUMNS, absent
from raylign.service.store.database import Database
from raylign.service.store.records import Dossier, attempt_record, job_record
from raylign.service.store.schema import attempts, jobs
from raylign.service.store.states import State


class Dossiers:
    """The part of the store that is about looking."""

    _database: Database

    def dossier(self, job_id: str) -> Dossier:
        """Raises `JobNotFound`."""
        with self._database.reading() as connection:
            return _one(connection.execute(_OF_ONE, {"job_id": job_id}), job_id)

    def detail(self, job_id: str) -> tuple[Dossier, Mapping[str, Any]]:
        """A job and its document. Raises `JobNotFound`."""
        with self._database.reading() as connection:
            found = _one(connection.execute(_OF_ONE, {"job_id": job_id}), job_id)
            return found, connection.execute(_DOCUMENT, {"job_id": job_id}).scalar_one()

    def latest(
        self, *, limit: int = 50, before: str | None = None, state: State | None = None, tenant: str | None = None
    ) -> list[Dossier]:
        """Newest first. ``before``: only jobs older than this id. ``tenant``: whose; everybody's where None."""
        query = _LATEST[before is not None, state is not None, tenant is not None]
        told = {"limit": limit, "before": before, "state": state, "tenant": tenant}
        with self._database.reading() as connection:
            return _dossiers(connection.execute(query, told))


def _with_attempts(query: Select[Any]) -> Select[Any]:
    """A row for each attempt of the jobs that ``query`` finds, and for each job without any."""
    found = query.subquery()
    tried = select(found, *(column.label(f"attempt_{column.name}") for column in ATTEMPT_COLUMNS))
    return tried.outerjoin(attempts, attempts.c.job_id == found.c.id).order_by(found.c.id.desc(), attempts.c.n)


def _latest(before: bool, state: bool, tenant: bool) -> Select[Any]:
    query = select(*JOB_COLUMNS).order_by(jobs.c.id.desc()).limit(bindparam("limit"))
    query = query.where(jobs.c.id < bindparam("before")) if before else query
    query = query.where(jobs.c.tenant == bindparam("tenant")) if tenant else query
    return _with_attempts(query.where(jobs.c.state == bindparam("state")) if state else query)


def _dossiers(rows: Iterable[Row[Any]]) -> list[Dossier]:
    split = len(JOB_COLUMNS)
    return [
        Dossier(job=job_record(job), attempts=[attempt_record(row[split:]) for row in found if row[split] is not None])
        for job, found in groupby(rows, key=lambda row: row[:split])
    ]


def _one(rows: Iterable[Row[Any]], job_id: str) -> Dossier:
    found = _dossiers(rows)
    if not found:
        raise absent(job_id)
    return found[0]


# Made once: SQLAlchemy takes longer to put a statement together than SQLite to answer it.
_OF_ONE = _with_attempts(select(*JOB_COLUMNS).where(jobs.c.id == bindparam("job_id")))
_DOCUMENT = select(jobs.c.document).where(jobs.c.id == bindparam("job_id"))
_LATEST = {asked: _latest(*asked) for asked in product((False, True), repeat=3)}
