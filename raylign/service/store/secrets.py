"""Secrets in the store, sealed: what is here opens with the operator's key alone."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from raylign.errors import OverQuota, SecretNotFound
from raylign.service.store.database import Database
from raylign.service.store.datasets import require_unread
from raylign.service.store.schema import secrets

MOST = 100
"""Of one tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRecord:
    """One secret. Times are Unix seconds."""

    tenant: str
    name: str
    sealed: str
    created_at: float
    set_at: float
    """When it got the value that it has."""


_FIELDS = tuple(field.name for field in fields(SecretRecord))
_COLUMNS = [secrets.c[name] for name in _FIELDS]


class Secrets:
    """The part of the store that is about secrets."""

    _database: Database

    def set_secret(self, made: SecretRecord) -> SecretRecord:
        """Keep it, in place of what it was. Raises `OverQuota` where its tenant has as many as may be."""
        this = (secrets.c.tenant == made.tenant) & (secrets.c.name == made.name)
        with self._database.writing() as connection:
            known = connection.execute(select(*_COLUMNS).where(this)).one_or_none()
            connection.execute(delete(secrets).where(this))
            created_at = made.created_at if known is None else known.created_at
            kept = {**{name: getattr(made, name) for name in _FIELDS}, "created_at": created_at}
            connection.execute(insert(secrets).values(kept))
            mine = select(func.count()).select_from(secrets).where(secrets.c.tenant == made.tenant)
            if connection.execute(mine).scalar_one() > MOST:
                raise OverQuota(f"tenant {made.tenant!r} has {MOST} secrets, as many as may be: delete one first")
        return SecretRecord(**kept)

    def secret(self, tenant: str, name: str) -> SecretRecord:
        """A tenant's own. Raises `SecretNotFound`."""
        with self._database.reading() as connection:
            this = (secrets.c.tenant == tenant) & (secrets.c.name == name)
            row = connection.execute(select(*_COLUMNS).where(this)).one_or_none()
        if row is None:
            raise _absent(name)
        return _record(row)

    def secrets(self, tenant: str | None) -> list[SecretRecord]:
        """A tenant's, or all, by name."""
        query = select(*_COLUMNS).order_by(secrets.c.tenant, secrets.c.name)
        query = query if tenant is None else query.where(secrets.c.tenant == tenant)
        with self._database.reading() as connection:
            return list(map(_record, connection.execute(query)))

    def reseal(self, secret: SecretRecord, sealed: str) -> None:
        """The same value under another key, unless it was set anew meanwhile."""
        this = (secrets.c.tenant == secret.tenant) & (secrets.c.name == secret.name)
        with self._database.writing() as connection:
            connection.execute(update(secrets).where(this & (secrets.c.sealed == secret.sealed)).values(sealed=sealed))

    def delete_secret(self, tenant: str, name: str) -> None:
        """Forget it. Raises `Taken` while a job that has not ended names it, `SecretNotFound`."""
        with self._database.writing() as connection:
            require_unread(connection, tenant, f'"secret://{name}"')
            this = (secrets.c.tenant == tenant) & (secrets.c.name == name)
            if not connection.execute(delete(secrets).where(this)).rowcount:
                raise _absent(name)


def _absent(name: str) -> SecretNotFound:
    return SecretNotFound(f"there is no secret {name!r}: `raylign secrets set {name}` keeps one")


def _record(row: Collection[Any]) -> SecretRecord:
    return SecretRecord(**dict(zip(_FIELDS, row, strict=True)))
