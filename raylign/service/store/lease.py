"""One gateway at a time works on a store: it holds a lease, and renews it.

A gateway that was killed leaves its lease behind. It lapses by itself; the same home, which only one process can hold,
takes it up again at once.
"""

import os
import socket
from datetime import UTC, datetime

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from raylign.errors import StoreInUse
from raylign.service.store.database import Database
from raylign.service.store.schema import lease

LEASE_S = 60.0
"""How long a lease holds without being renewed; also how long a store may be away before another gateway may come."""
ONLY = 1
"""The lease's one row."""


class Lease:
    """The right of ``holder`` to work on a store. ``holder`` names a home, not a process."""

    def __init__(self, database: Database, holder: str, *, lease_s: float = LEASE_S) -> None:
        self._database = database
        self._holder = holder
        self._lease_s = lease_s
        self._since = 0.0

    def acquire(self) -> None:
        """Raises `StoreInUse` while another gateway holds the store."""
        try:
            self._take()
        except IntegrityError:  # another came at the same moment, and there was no row yet that one could lock
            self._take()

    def _take(self) -> None:
        with self._database.writing() as connection:
            now = self._database.now(connection)
            row = connection.execute(select(lease).where(lease.c.id == ONLY).with_for_update()).one_or_none()
            if row is not None and row.holder != self._holder and row.expires_at > now:
                raise StoreInUse(self._refusal(row, now))
            mine = {
                "holder": self._holder,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "since": now,
                "expires_at": now + self._lease_s,
            }
            # An update, where there is a row: two that come at once must not both find none.
            change = insert(lease).values(id=ONLY, **mine) if row is None else update(lease).values(**mine)
            connection.execute(change)
            self._since = now

    def renew(self) -> None:
        """Hold it for another while. Raises `StoreInUse` when another gateway has taken it over."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            mine = (lease.c.holder == self._holder) & (lease.c.since == self._since)
            if connection.execute(update(lease).where(mine).values(expires_at=now + self._lease_s)).rowcount:
                return
            row = connection.execute(select(lease)).one_or_none()
        raise StoreInUse(self._refusal(row, now) if row else "the lease of this gateway is gone: start it again")

    def release(self) -> None:
        """Give it back, where it is still held."""
        mine = (lease.c.holder == self._holder) & (lease.c.since == self._since)
        with self._database.writing() as connection:
            connection.execute(delete(lease).where(mine))

    def _refusal(self, row: Row[tuple[object, ...]], now: float) -> str:
        since = datetime.fromtimestamp(row.since, UTC)
        return (
            f"another gateway works on {self._database.engine.url!r}: pid {row.pid} on {row.host!r}, "
            f"since {since:%Y-%m-%d %H:%M:%S} UTC. Stop it there, or use another --database-url. If it is dead, "
            f"its lease ends in {max(row.expires_at - now, 0):.0f} s: start again then, or at once with its --home"
        )
