"""API keys in the store: made, found, listed, revoked, replaced."""

import time
from collections.abc import Collection
from dataclasses import dataclass, fields

from sqlalchemy import bindparam, insert, select, update

from raylign.errors import KeyNotFound
from raylign.service.store.database import Database
from raylign.service.store.schema import keys


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """One key, without its secret. Times are Unix seconds."""

    id: str
    name: str
    """What it is for, in its maker's words."""
    tenant: str
    scopes: str
    """Parted by commas."""
    secret_sha256: str
    created_at: float
    expires_at: float | None
    """None: never."""
    revoked_at: float | None = None
    """When it ceases, or ceased, to be taken; None: nobody has said so."""
    used_at: float | None = None
    """When it was last seen, within a minute; None: never."""

    def valid(self, now: float) -> bool:
        """Whether it is taken at ``now``."""
        return all(end is None or now < end for end in (self.expires_at, self.revoked_at))


_FIELDS = tuple(field.name for field in fields(KeyRecord))
_COLUMNS = [keys.c[name] for name in _FIELDS]
_ONE = select(*_COLUMNS).where(keys.c.id == bindparam("key_id"))


class Keys:
    """The part of the store that is about keys."""

    _database: Database

    def add_key(self, key: KeyRecord) -> None:
        """Keep a new key."""
        with self._database.writing() as connection:
            connection.execute(insert(keys).values({name: getattr(key, name) for name in _FIELDS}))

    def key(self, key_id: str) -> KeyRecord | None:
        """The key of this id, valid or not."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"key_id": key_id}).one_or_none()
        return None if row is None else _record(row)

    def all_keys(self, *, tenant: str | None = None) -> list[KeyRecord]:
        """All keys, or one tenant's, oldest first; those that are no longer taken, too."""
        query = select(*_COLUMNS).order_by(keys.c.created_at, keys.c.id)
        with self._database.reading() as connection:
            return [
                _record(row)
                for row in connection.execute(query if tenant is None else query.where(keys.c.tenant == tenant))
            ]

    def revoke_key(self, key_id: str, *, grace_s: float = 0) -> KeyRecord:
        """Take a key no more, ``grace_s`` seconds from now on. Never puts off an end. Raises `KeyNotFound`."""
        at = time.time() + grace_s
        with self._database.writing() as connection:
            later = keys.c.revoked_at.is_(None) | (keys.c.revoked_at > at)
            connection.execute(update(keys).where((keys.c.id == key_id) & later).values(revoked_at=at))
            row = connection.execute(_ONE, {"key_id": key_id}).one_or_none()
        if row is None:
            raise KeyNotFound(f"there is no key {key_id!r}; `raylign keys list` shows all")
        return _record(row)

    def key_used(self, key_id: str, at: float) -> None:
        """Note that a key was seen."""
        with self._database.writing() as connection:
            connection.execute(update(keys).where(keys.c.id == key_id).values(used_at=at))


def _record(row: Collection[object]) -> KeyRecord:
    return KeyRecord(**dict(zip(_FIELDS, row, strict=True)))  # type: ignore[arg-type]
