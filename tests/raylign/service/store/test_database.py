"""The database itself: opened, locked by others, and refused in words."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from service import TOKEN, job, open_store, started, step

from raylign.errors import StoreError, StoreUnavailable
from raylign.service.store import State, database, open_database


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process, such as a backup or a shell, holds the write lock."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.05)


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_is_an_error_of_ours_and_can_be_read_meanwhile(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made, _ = started(store)
    assert store.unavailable_at == 0
    with locked(tmp_path / "raylign.db"):
        for write in (
            lambda: store.create(job()),
            lambda: store.report(made.id, 1, TOKEN, [step(1)]),
            lambda: store.note(made.id, "x"),
        ):
            with pytest.raises(StoreUnavailable, match="database is locked; try again"):
                write()
        assert (store.get(made.id).state, store.events(made.id), store.ready()) == (State.STARTING, [], True)
    assert store.unavailable_at > made.created_at
    assert store.report(made.id, 1, TOKEN, [step(1)]).next_seq == 2


@pytest.mark.usefixtures("impatient")
def test_writers_that_wait_leave_connections_to_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECTIONS", 2)
    store = open_store(tmp_path)
    made, _ = started(store)
    refused: list[str] = []

    def write() -> None:
        try:
            store.note(made.id, "x")
        except StoreUnavailable as error:
            refused.append(str(error))

    with locked(tmp_path / "raylign.db"):
        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            assert store.get(made.id).state is State.STARTING
        for thread in threads:
            thread.join()
    assert len(refused) == 8


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/no/such.db", "nosuch://host/db"])
def test_a_store_that_cannot_be_opened_says_so(url: str) -> None:
    with pytest.raises(StoreError):
        open_database(url)


def test_sqlite_keeps_what_was_committed_and_checks_references(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'a.db'}").reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
