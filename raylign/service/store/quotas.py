"""What each tenant may have at most, in the store."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from raylign.errors import JobConflict, OverQuota
from raylign.service.store.database import Database
from raylign.service.store.schema import jobs, quotas
from raylign.service.store.states import ACTIVE, WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRecord:
    """Of one tenant. None: no limit."""

    tenant: str
    queued: int | None = None
    """Jobs that wait for their turn."""
    running: int | None = None
    """Jobs that hold resources; more wait."""
    stored_bytes: int | None = None
    """Of its data and of its jobs' run directories."""
    requests_per_s: float | None = None
    """Of all its keys, on average; twice as many at once."""


_FIELDS = tuple(field.name for field in fields(QuotaRecord))
_COLUMNS = [quotas.c[name] for name in _FIELDS]
_ONE = select(*_COLUMNS).where(quotas.c.tenant == bindparam("tenant"))
_QUEUED = select(func.count()).where((jobs.c.tenant == bindparam("tenant")) & jobs.c.state.in_(WAITING))
_RUNNING = select(func.count()).where((jobs.c.tenant == quotas.c.tenant) & jobs.c.state.in_(ACTIVE)).scalar_subquery()
_FULL = select(quotas.c.tenant).where(quotas.c.running.is_not(None) & (quotas.c.running <= _RUNNING))
HAS_ROOM = jobs.c.tenant.not_in(_FULL)
"""Of jobs whose tenant has fewer running than may."""


class Quotas:
    """The part of the store that is about quotas."""

    _database: Database

    def quota(self, tenant: str) -> QuotaRecord:
        """Of this tenant; without any limit where nobody has set one."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"tenant": tenant}).one_or_none()
        return QuotaRecord(tenant=tenant) if row is None else _record(row)

    def quotas(self) -> list[QuotaRecord]:
        """All that are set, by tenant."""
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(select(*_COLUMNS).order_by(quotas.c.tenant))]

    def set_quota(self, quota: QuotaRecord) -> None:
        """Set a tenant's, in place of what it had."""
        with self._database.writing() as connection:
            connection.execute(delete(quotas).where(quotas.c.tenant == quota.tenant))
            connection.execute(insert(quotas).values({name: getattr(quota, name) for name in _FIELDS}))


def require_turn(connection: Connection, tenant: str, most: int | None) -> None:
    """Raise `OverQuota` where more jobs of a tenant wait than may. Its transaction has made the newest of them."""
    if most is None:
        return
    waiting = connection.execute(_QUEUED, {"tenant": tenant}).scalar_one()
    if waiting > most:
        raise OverQuota(
            f"{waiting - 1} jobs of tenant {tenant!r} wait, and {most} may: send it again when one "
            "has begun, or cancel one"
        )


def require_place(connection: Connection, tenant: str) -> None:
    """Raise `JobConflict` where as many jobs of a tenant run as may."""
    if connection.execute(_FULL.where(quotas.c.tenant == tenant)).one_or_none() is not None:
        raise JobConflict(f"as many jobs of tenant {tenant!r} run as may: the next waits until one has ended")


def _record(row: Iterable[Any]) -> QuotaRecord:
    return QuotaRecord(**dict(zip(_FIELDS, row, strict=True)))
