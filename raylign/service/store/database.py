"""The store's database: opened at the newest schema, read without waiting, written in turns."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
    TimeoutError,
)

from raylign.errors import StoreError, StoreUnavailable
from raylign.service.store.turns import Turns

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_S = 10
"""For a turn to write, for a lock that another process holds, and for a connection."""
CONNECTIONS = 24
"""At most, each held for one short transaction. All of a gateway's writers on SQLite need only one."""


class Database:
    """Connections to the store's tables. Thread-safe.

    Reading and writing raise `StoreUnavailable` when the database does not answer, or is locked for longer than WAIT_S.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.unavailable_at = 0.0
        """When a transaction was last refused (Unix seconds): until then, nobody could report."""
        self._writer = engine.execution_options(raylign_write=True)
        self._turns = Turns() if engine.dialect.name == "sqlite" else None

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: on SQLite it waits for no writer, and sees the state at its beginning."""
        with self._told(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that takes the write lock at once, so that it cannot fail half-way for want of it."""
        turn = self._turns.take(WAIT_S) if self._turns else contextlib.nullcontext()
        with self._told(), turn, self._writer.begin() as connection:
            yield connection

    def now(self, connection: Connection) -> float:
        """Unix seconds by the one clock that all who share this database have: its server's, or this machine's."""
        if self.engine.dialect.name == "sqlite":
            return time.time()
        return float(connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())

    def at_head(self) -> bool:
        """Whether the database answers and its schema is the one this code was written for."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
                return MigrationContext.configure(connection).get_current_revision() == _script().get_current_head()
        except (StoreUnavailable, SQLAlchemyError):
            return False

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What a database says when it cannot be had, as an error of ours; what it says of a statement passes."""
        try:
            yield
        except (IntegrityError, DataError, ProgrammingError):
            raise
        except StoreUnavailable:
            self.unavailable_at = time.time()
            raise
        except (DBAPIError, TimeoutError) as error:
            self.unavailable_at = time.time()
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StoreUnavailable(
                f"the job store {self.engine.url!r} cannot be used now: {cause}; try again"
            ) from error


def open_database(url: str) -> Database:
    """The database at ``url`` (``sqlite:///path`` or ``postgresql+...``), its tables at the newest migration.

    Raises `StoreError` when it cannot be reached or was written by a newer raylign.
    """
    try:
        engine = _engine(url)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise StoreError(
            f"cannot use {url!r} as the job store: {error}; give sqlite:///PATH or postgresql+psycopg://..."
        ) from None
    database = Database(engine)
    try:
        with _lenient(engine), database.writing() as connection:
            _migrate(connection)
    except (SQLAlchemyError, StoreUnavailable) as error:
        raise StoreError(f"cannot open the job store {engine.url!r}: {error}") from error
    return database


@contextlib.contextmanager
def _lenient(engine: Engine) -> Iterator[None]:
    """While tables are made anew, as SQLite changes a constraint, rows that refer to them refer to nothing."""
    if engine.dialect.name != "sqlite":
        yield
        return

    def unbind(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")

    event.listen(engine, "checkout", unbind)
    try:
        yield
    finally:
        event.remove(engine, "checkout", unbind)
        engine.dispose()  # the connections of afterwards are bound again


def _engine(url: str) -> Engine:
    settings: dict[str, Any] = {
        "pool_size": CONNECTIONS,
        "max_overflow": 0,
        "pool_timeout": WAIT_S,
        # Rust's: several times faster than json, and it writes null for NaN, which JSON columns refuse.
        "json_serializer": lambda value: to_json(value, inf_nan_mode="null").decode(),
        "json_deserializer": from_json,
    }
    if make_url(url).get_backend_name() == "postgresql":
        waits = f"-c lock_timeout={WAIT_S}s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
        settings |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": WAIT_S, "options": waits}}
    engine = create_engine(url, **settings)
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    return engine


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _: Any) -> None:
        # sqlite3's own transaction handling would open transactions late and as readers; see on_begin.
        connection.isolation_level = None
        for pragma in (f"busy_timeout={WAIT_S * 1000}", "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A reader that turns writer gets SQLITE_BUSY whatever the timeout: writers say so from the start.
        write = connection.get_execution_options().get("raylign_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _migrate(connection: Connection) -> None:
    script = _script()
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise StoreError(
            f"the job store has schema {current!r}, which this raylign does not know: "
            "it was written by a newer version; upgrade raylign or use another home directory"
        )
    if current == script.get_current_head():
        return  # alembic would read all its scripts again to find that out
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
