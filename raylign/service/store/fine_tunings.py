"""Fine-tuning jobs in the store: what was asked for in OpenAI's words, beside the job that it became."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from raylign.errors import JobNotFound
from raylign.service.store.changes import JOB_COLUMNS
from raylign.service.store.database import Database
from raylign.service.store.records import JobRecord, job_record
from raylign.service.store.schema import fine_tunings, jobs

Asked = Mapping[str, Any]
"""The body of a request that made a job."""
_FOUND = (
    select(*JOB_COLUMNS, fine_tunings.c.body)
    .join(fine_tunings, fine_tunings.c.job_id == jobs.c.id)
    .order_by(jobs.c.id.desc())
)


class FineTunings:
    """The part of the store that is about fine-tuning jobs."""

    _database: Database

    def add_fine_tuning(self, job: JobRecord, body: Asked, *, sha256: str) -> None:
        """Keep what a job was asked for as."""
        row = {"job_id": job.id, "tenant": job.tenant, "body": dict(body), "body_sha256": sha256}
        with self._database.writing() as connection:
            connection.execute(insert(fine_tunings).values(**row, created_at=time.time()))

    def fine_tuning(self, job_id: str) -> tuple[JobRecord, Asked]:
        """Raises `JobNotFound`, for a job that was asked for otherwise too."""
        with self._database.reading() as connection:
            row = connection.execute(_FOUND.where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise JobNotFound(f"there is no fine-tuning job {job_id!r}")
        return job_record(row[:-1]), row.body

    def fine_tunings(
        self, *, tenant: str | None, limit: int, before: str | None = None
    ) -> list[tuple[JobRecord, Asked]]:
        """Newest first. ``before``: only those older than this id."""
        query = _FOUND.limit(limit)
        query = query if before is None else query.where(jobs.c.id < before)
        query = query if tenant is None else query.where(fine_tunings.c.tenant == tenant)
        with self._database.reading() as connection:
            return [(job_record(row[:-1]), row.body) for row in connection.execute(query)]

    def fine_tuning_again(self, tenant: str, sha256: str, *, since: float) -> tuple[JobRecord, Asked] | None:
        """The newest that ``tenant`` asked for in these words since then."""
        mine = (fine_tunings.c.tenant == tenant) & (fine_tunings.c.body_sha256 == sha256)
        query = _FOUND.where(mine & (fine_tunings.c.created_at >= since)).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (job_record(row[:-1]), row.body)
