"""What happens to rows within one transaction."""

from pathlib import Path

import pytest
from service import TOKEN, end, job, open_store, started, step
from sqlalchemy import event

from raylign.record.events import Event
from raylign.service.store import State, Store, open_database


def test_an_end_event_ends_the_job_and_nothing_follows_it(store: Store) -> None:
    made, _ = started(store)
    store.report(made.id, 1, TOKEN, [step(1), end(2, "failed", "NaN"), step(3)])
    ended = store.get(made.id)
    assert (ended.state, ended.status_reason, ended.last_seq) == (State.FAILED, "NaN", 2)
    assert ended.finished_at is not None


def test_a_driver_that_ends_as_cancelled_unasked_does_not_end_the_job(store: Store) -> None:
    made, attempt = started(store)
    store.report(made.id, 1, TOKEN, [end(1, "cancelled")])
    assert store.get(made.id).state is State.RUNNING
    assert [event.kind for event in store.events(made.id)] == ["warning"]
    assert store.close_attempt(attempt, "STOPPED", max_attempts=3).state is State.RECOVERING


def test_an_end_that_names_no_end_counts_as_failure(store: Store) -> None:
    made, _ = started(store)
    store.report(made.id, 1, TOKEN, [end(1, "queued")])
    assert store.get(made.id).state is State.FAILED


def test_not_a_number_is_stored_as_null(store: Store) -> None:
    made, _ = started(store)
    store.report(made.id, 1, TOKEN, [Event(seq=1, kind="step", data={"loss": float("nan"), "x": [float("inf")]})])
    assert store.events(made.id)[0].data == {"loss": None, "x": [None]}


def test_a_write_that_dies_half_way_leaves_nothing(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'raylign.db'}")
    store = Store(database)
    made, _ = started(store)
    written: list[str] = []

    def die(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        written.append(statement)
        if "last_seq=" in statement:
            raise KeyboardInterrupt

    event.listen(database.engine, "before_cursor_execute", die)
    with pytest.raises(KeyboardInterrupt):
        store.report(made.id, 1, TOKEN, [step(1), step(2)])
    assert any("INSERT INTO events" in statement for statement in written)
    again = open_store(tmp_path)
    assert (again.get(made.id).last_seq, again.events(made.id)) == (0, [])
    assert again.report(made.id, 1, TOKEN, [step(1), step(2)]).next_seq == 3


def test_reasons_are_stored_whatever_is_in_them(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made, _ = store.create(job())
    store.note(made.id, "a\0b \ud800 " + "x" * 10_000)
    said = store.get(made.id).status_reason
    assert said.startswith("a\N{REPLACEMENT CHARACTER}b ? x")
    assert len(said) == 4000
