"""Jobs with their attempts, as who asks for them sees them: one statement, so all of it is of one moment."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select

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
        self,
        *,
        limit: int = 50,
        before: str | None = None,
        state: State | None = None,
        tenant: str | None = None,
        name: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> list[Dossier]:
        """Newest first; those that are all that is said. ``before``: only jobs older than this id."""
        wanted = {"before": before, "state": state, "tenant": tenant, "name": name}
        given = {key: value for key, value in wanted.items() if value is not None}
        query = _latest(frozenset(given))
        if metadata:
            said = (jobs.c.metadata[key].as_string() == value for key, value in metadata.items())
            query = _with_attempts(_page(given).where(*said))
        with self._database.reading() as connection:
            return _dossiers(connection.execute(query, {"limit": limit, **given}))


def _with_attempts(query: Select[Any]) -> Select[Any]:
    """A row for each attempt of the jobs that ``query`` finds, and for each job without any."""
    found = query.subquery()
    tried = select(found, *(column.label(f"attempt_{column.name}") for column in ATTEMPT_COLUMNS))
    return tried.outerjoin(attempts, attempts.c.job_id == found.c.id).order_by(found.c.id.desc(), attempts.c.n)


def _page(given: Iterable[str]) -> Select[Any]:
    """Of jobs alone. ``given``: what is asked for, of `_WHERE`."""
    found = select(*JOB_COLUMNS).order_by(jobs.c.id.desc()).limit(bindparam("limit"))
    return found.where(*(_WHERE[key] for key in given))


@cache
def _latest(given: frozenset[str]) -> Select[Any]:
    return _with_attempts(_page(given))


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
_WHERE: Mapping[str, ColumnElement[bool]] = {
    "before": jobs.c.id < bindparam("before"),
    "state": jobs.c.state == bindparam("state"),
    "tenant": jobs.c.tenant == bindparam("tenant"),
    "name": jobs.c.name == bindparam("name"),
}
