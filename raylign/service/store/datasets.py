"""Datasets in the store: what was uploaded, how far it has come, what was found in it. The bytes lie elsewhere."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from raylign.errors import DatasetNotFound, Taken
from raylign.service.store.database import Database
from raylign.service.store.schema import datasets, jobs
from raylign.service.store.states import TERMINAL


class DatasetState(StrEnum):
    """Where an upload is."""

    UPLOADING = "uploading"
    """Not all of its bytes are here."""
    CHECKING = "checking"
    """They are, with the digest that was said; it is being looked at."""
    READY = "ready"
    """Jobs may name it. What was found in it may still keep them from using it."""
    REFUSED = "refused"
    """It cannot be read within the service's limits; its bytes are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """One dataset. Times are Unix seconds."""

    id: str
    tenant: str
    """Whose it is."""
    name: str
    filename: str = ""
    """What its sender calls the file; for people alone."""
    format: str
    """What its file's name would end in: ``jsonl``, ``csv.gz``."""
    bytes: int
    sha256: str
    """Of the whole file, as its sender says until all of it is here."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What the file calls things, by which it is looked at."""
    state: DatasetState = DatasetState.UPLOADING
    report: Mapping[str, Any] | None = None
    """What was found in it, once it has been looked at."""
    created_at: float = field(default_factory=time.time)
    ready_at: float | None = None


_FIELDS = tuple(field.name for field in fields(DatasetRecord))
_COLUMNS = [datasets.c[name] for name in _FIELDS]


class Datasets:
    """The part of the store that is about datasets."""

    _database: Database

    def add_dataset(self, made: DatasetRecord, *, most: int, most_bytes: int) -> tuple[DatasetRecord, bool]:
        """Begin an upload. The same name with the same contents and columns gives the first one again, and False.

        Raises `Taken` where the name has others, or the tenant's datasets would be more than ``most``, or hold more
        than ``most_bytes``.
        """
        mine = datasets.c.tenant == made.tenant
        try:
            with self._database.writing() as connection:
                row = connection.execute(select(*_COLUMNS).where(mine & (datasets.c.name == made.name))).one_or_none()
                if row is not None:
                    return _again(_record(row), made), False
                held = select(func.count(), func.coalesce(func.sum(datasets.c.bytes), 0)).where(mine)
                count, size = connection.execute(held).one()
                if count >= most or size + made.bytes > most_bytes:
                    raise Taken(
                        f"tenant {made.tenant!r} has {count} datasets of {size:,} bytes together, and may have {most} "
                        f"of {most_bytes:,}: delete some"
                    )
                connection.execute(insert(datasets).values({name: getattr(made, name) for name in _FIELDS}))
        except IntegrityError:  # of two gateways' requests at once, on a database that lets both look first
            return _again(self.dataset(made.tenant, made.name), made), False
        return made, True

    def dataset(self, tenant: str | None, word: str) -> DatasetRecord:
        """The one that ``word`` means: an id, or a name of ``tenant``'s. None: whosever, by its id alone.

        Raises `DatasetNotFound`, for another tenant's too.
        """
        if tenant is None:
            this = datasets.c.id == word
        else:
            this = (datasets.c.tenant == tenant) & ((datasets.c.id == word) | (datasets.c.name == word))
        with self._database.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(this)).one_or_none()
        if row is None:
            raise DatasetNotFound(f"there is no dataset {word!r}; GET /v1/datasets lists all")
        return _record(row)

    def datasets(self, *, tenant: str | None, limit: int, before: str | None = None) -> list[DatasetRecord]:
        """Newest first. ``before``: only those older than this id. ``tenant``: whose; everybody's where None."""
        query = select(*_COLUMNS).order_by(datasets.c.id.desc()).limit(limit)
        query = query if before is None else query.where(datasets.c.id < before)
        query = query if tenant is None else query.where(datasets.c.tenant == tenant)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(query)]

    def set_dataset(self, dataset_id: str, state: DatasetState, *, report: Mapping[str, Any] | None = None) -> None:
        """Note how far it has come."""
        ready_at = time.time() if state is DatasetState.READY else None
        with self._database.writing() as connection:
            this = update(datasets).where(datasets.c.id == dataset_id)
            connection.execute(this.values(state=state, report=report, ready_at=ready_at))

    def require_unread(self, tenant: str, part: str) -> None:
        """Raise `Taken` while a job of ``tenant``'s that has not ended has ``part`` of a path in its document."""
        with self._database.reading() as connection:
            require_unread(connection, tenant, part)

    def delete_dataset(self, dataset: DatasetRecord) -> None:
        """Forget it. Raises `Taken` while a job that has not ended reads it, `DatasetNotFound` where it is gone."""
        with self._database.writing() as connection:
            # Its path has its id, of which nobody guesses another's.
            require_unread(connection, dataset.tenant, dataset.id)
            if not connection.execute(delete(datasets).where(datasets.c.id == dataset.id)).rowcount:
                raise DatasetNotFound(f"there is no dataset {dataset.name!r} any more")


def require_unread(connection: Connection, tenant: str, part: str) -> None:
    """Raise `Taken` while the document of a job that has not ended has ``part`` in its text."""
    mine = (jobs.c.tenant == tenant) & jobs.c.state.not_in(TERMINAL)
    reads = mine & cast(jobs.c.document, Text).contains(part, autoescape=True)
    if job := connection.execute(select(jobs.c.id).where(reads).limit(1)).scalar_one_or_none():
        raise Taken(f"it is read by job {job!r}, which has not ended: cancel that first")


def _again(found: DatasetRecord, made: DatasetRecord) -> DatasetRecord:
    if (found.sha256, found.bytes, found.format, found.columns) != (made.sha256, made.bytes, made.format, made.columns):
        raise Taken(
            f"dataset {made.name!r} is there already, with other contents or columns: delete it, or give another name"
        )
    return found


def _record(row: Collection[Any]) -> DatasetRecord:
    values = dict(zip(_FIELDS, row, strict=True))
    return DatasetRecord(**values | {"state": DatasetState(values["state"])})
