"""The database itself: locked by others, old, and asked by the right index."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from service import TOKEN, job, open_store, started, step
from sqlalchemy import Connection, create_engine, event

from raylign.errors import StoreUnavailable
from raylign.service.store import AttemptState, State, Store, database


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


def test_an_old_store_is_brought_to_the_newest_schema_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "raylign.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = database._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with contextlib.closing(sqlite3.connect(path)) as old:
        columns = "id, name, document, body_sha256, state, desired, status_reason, last_seq, created_at"
        row = ("job_1", "old", '{"name": "old"}', "x", "recovering", "run", "", 0, 1.0)
        old.execute(f"INSERT INTO jobs ({columns}) VALUES ({', '.join('?' * len(row))})", row)
        old.commit()
    store = open_store(tmp_path)
    assert store.ready()
    assert store.document("job_1") == {"name": "old"}
    assert [one.id for one in store.waiting(limit=1)] == ["job_1"]


def plans(store: Store, ask: Any) -> list[str]:
    """SQLite's plan for every query that ``ask`` makes."""
    found: list[str] = []
    engine = store._database.engine

    def explain(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        if statement.startswith("SELECT"):
            found.append("; ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    return found


def page(jobs: str) -> str:
    """The plan of one page of jobs with their attempts, by that of its jobs."""
    attempts = "SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (job_id=?) LEFT-JOIN"
    return f"CO-ROUTINE anon_1; {jobs}; SCAN anon_1; {attempts}; USE TEMP B-TREE FOR ORDER BY"


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda store: store.waiting(limit=3), ["SEARCH jobs USING INDEX ix_jobs_state_id (state=?)"] * 2),
        (lambda store: store.latest(), [page("SCAN jobs USING INDEX sqlite_autoindex_jobs_1")]),
        (lambda store: store.latest(state=State.FAILED), [page("SEARCH jobs USING INDEX ix_jobs_state_id (state=?)")]),
        (
            lambda store: store.latest(state=State.FAILED, before="job_x"),
            [page("SEARCH jobs USING INDEX ix_jobs_state_id (state=? AND id<?)")],
        ),
        (
            lambda store: store.detail(store.create(job())[0].id),
            [
                "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?); "
                "SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (job_id=?) LEFT-JOIN",
                "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)",
            ],
        ),
        (
            lambda store: store.open_attempts(),
            ["SEARCH attempts USING INDEX ix_attempts_state (state=?); USE TEMP B-TREE FOR ORDER BY"],
        ),
        (
            lambda store: store.events(store.create(job())[0].id, after=5),
            [
                "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)",
                "SEARCH events USING INDEX sqlite_autoindex_events_1 (job_id=? AND seq>?)",
            ],
        ),
    ],
)
def test_every_query_finds_its_rows_by_an_index(tmp_path: Path, ask: Any, expected: list[str]) -> None:
    """Only open attempts are sorted, of which there are as many as run at a time, and what one page holds."""
    store = open_store(tmp_path)
    assert plans(store, lambda: ask(store)) == expected


def test_a_list_reads_no_documents_and_asks_for_all_attempts_at_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made = [started(store)[0].id for _ in range(5)]
    waiting, _ = store.create(job())
    statements: list[str] = []
    event.listen(
        store._database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement)
    )
    listed = store.latest()
    assert sorted(one.job.id for one in listed) == sorted([*made, waiting.id])
    attempts = {one.job.id: [attempt.state for attempt in one.attempts] for one in listed}
    assert attempts == {made_id: [AttemptState.SUBMITTED] for made_id in made} | {waiting.id: []}
    selects = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(selects) == 1  # of one moment, whatever is written meanwhile
    assert "document" not in "".join(selects)


def test_reasons_are_stored_whatever_is_in_them(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made, _ = store.create(job())
    store.note(made.id, "a\0b \ud800 " + "x" * 10_000)
    said = store.get(made.id).status_reason
    assert said.startswith("a\N{REPLACEMENT CHARACTER}b ? x")
    assert len(said) == 4000
