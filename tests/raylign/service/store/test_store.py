"""The job store: states, idempotency, numbering, migrations."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from service import TOKEN, end, job, open_store, started, step
from sqlalchemy import event, text

from raylign.errors import JobConflict, JobNotFound, StoreError, Unauthorized
from raylign.record.events import Event
from raylign.service.store import TERMINAL, State, Store, open_database
from raylign.service.store.jobs import new_job_id
from raylign.service.store.schema import metadata
from raylign.service.store.states import MOVES, check_move


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def test_the_migrations_make_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with open_database(url).writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        open_database(url)


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


def test_no_move_leaves_a_terminal_state_and_every_live_job_can_be_ended() -> None:
    for state in State:
        assert (MOVES[state] == frozenset()) is (state in TERMINAL)
        if state not in TERMINAL:
            assert {State.CANCELLED, State.FAILED} <= MOVES[state]


def test_an_illegal_move_names_the_job_and_both_states() -> None:
    with pytest.raises(JobConflict, match=r"'job_1' is succeeded.*running"):
        check_move("job_1", State.SUCCEEDED, State.RUNNING)


def test_ids_sort_by_time() -> None:
    ids = []
    for _ in range(50):
        ids.append(new_job_id())
        threading.Event().wait(0.002)
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


def test_one_key_makes_one_job(store: Store) -> None:
    first, created = store.create(job(), key="k")
    again, created_again = store.create(job(), key="k")
    assert (first.id, created, created_again) == (again.id, True, False)
    other, _ = store.create(job())
    assert other.id != first.id


def test_a_key_with_another_document_is_a_conflict(store: Store) -> None:
    store.create(job("one"), key="k")
    with pytest.raises(JobConflict, match="'k'"):
        store.create(job("two"), key="k")


def test_concurrent_creates_with_one_key_make_one_job(store: Store) -> None:
    made: list[tuple[str, bool]] = []

    def create() -> None:
        record, created = store.create(job(), key="k")
        made.append((record.id, created))

    threads = [threading.Thread(target=create) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16
    assert len({one for one, _ in made}) == 1
    assert sum(created for _, created in made) == 1


def test_concurrent_writers_wait_for_each_other(store: Store) -> None:
    _, attempt = started(store)
    errors: list[Exception] = []

    def write(thread: int) -> None:
        try:
            for _ in range(10):
                store.create(job())
                store.report(attempt.job_id, 1, TOKEN, [])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(store.latest(limit=200)) == 61


def test_jobs_are_listed_newest_first_in_pages(store: Store) -> None:
    ids = []
    for name in ("a", "b", "c"):
        ids.append(store.create(job(name))[0].id)
        threading.Event().wait(0.003)
    newest = store.latest(limit=2)
    assert [one.job.id for one in newest] == [ids[2], ids[1]]
    assert [one.job.id for one in store.latest(before=ids[1])] == [ids[0]]
    store.cancel(ids[0])
    assert [one.job.id for one in store.latest(state=State.CANCELLED)] == [ids[0]]


def test_recovering_jobs_come_before_queued_ones(store: Store) -> None:
    older, _ = store.create(job("older"))
    threading.Event().wait(0.003)
    younger, attempt = started(store, name="younger")
    store.close_attempt(attempt, "lost", max_attempts=3)
    assert [one.id for one in store.waiting(limit=9)] == [younger.id, older.id]


def test_an_unknown_job_is_not_found(store: Store) -> None:
    for call in (store.get, store.cancel, store.events):
        with pytest.raises(JobNotFound, match="'job_x'"):
            call("job_x")


def test_the_submission_id_is_fixed_and_numbered(store: Store) -> None:
    made, first = started(store)
    store.close_attempt(first, "lost", max_attempts=3)
    second = store.begin_attempt(made.id, token="t2", run_dir="/x")
    assert (first.submission_id, second.submission_id) == (f"{made.id}-a1", f"{made.id}-a2")


def test_a_cancelled_job_cannot_be_started(store: Store) -> None:
    made, _ = store.create(job())
    store.cancel(made.id)
    with pytest.raises(JobConflict):
        store.begin_attempt(made.id, token="t", run_dir="/x")


def test_cancel_in_every_state(store: Store) -> None:
    queued, _ = store.create(job())
    assert store.cancel(queued.id).state is State.CANCELLED

    starting, _ = started(store)
    assert starting.state is State.STARTING
    assert store.cancel(starting.id).state is State.CANCELLING

    running, attempt = started(store)
    store.report(running.id, 1, TOKEN, [step(1)])
    assert store.get(running.id).state is State.RUNNING
    assert store.cancel(running.id).state is State.CANCELLING
    asked = store.get(running.id).cancel_asked_at
    assert store.cancel(running.id).cancel_asked_at == asked  # again changes nothing
    assert store.report(running.id, 1, TOKEN, []).desired == "cancel"
    store.close_attempt(attempt, "stopped", max_attempts=3)
    assert store.get(running.id).state is State.CANCELLED

    recovering, attempt = started(store)
    store.close_attempt(attempt, "lost", max_attempts=3)
    assert store.get(recovering.id).state is State.RECOVERING
    assert store.cancel(recovering.id).state is State.CANCELLED

    for state in ("succeeded", "failed"):
        ended, _ = started(store)
        store.report(ended.id, 1, TOKEN, [end(1, state)])
        with pytest.raises(JobConflict, match=state):
            store.cancel(ended.id)
    with pytest.raises(JobConflict, match="cancelled"):
        store.cancel(queued.id)


def test_every_cancelled_job_has_an_end_event(store: Store) -> None:
    made, _ = store.create(job())
    store.cancel(made.id)
    events = store.events(made.id)
    assert [(one.seq, one.kind, one.data["state"]) for one in events] == [(1, "end", "cancelled")]


def test_reports_are_kept_once_and_in_order(store: Store) -> None:
    made, _ = started(store)
    assert store.report(made.id, 1, TOKEN, [step(1), step(2)]).next_seq == 3
    assert store.report(made.id, 1, TOKEN, [step(1), step(2), step(3)]).next_seq == 4  # sent again after a lost answer
    assert [event.seq for event in store.events(made.id)] == [1, 2, 3]


def test_a_gap_is_refused_whole(store: Store) -> None:
    made, _ = started(store)
    store.report(made.id, 1, TOKEN, [step(1)])
    for batch in ([step(3)], [step(2), step(4)], [step(3), step(2)]):
        receipt = store.report(made.id, 1, TOKEN, batch)
        assert (receipt.gap, receipt.next_seq) == (True, 2)
    assert store.get(made.id).last_seq == 1


def test_only_the_attempts_own_token_reports(store: Store) -> None:
    made, attempt = started(store)
    other, _ = started(store)
    store.close_attempt(attempt, "lost", max_attempts=3)
    store.begin_attempt(made.id, token="second", run_dir="/x")
    for job_id, n, token in ((made.id, 2, TOKEN), (made.id, 3, "second"), (other.id, 1, "second"), ("job_x", 1, TOKEN)):
        with pytest.raises(Unauthorized):
            store.report(job_id, n, token, [step(1)])
    assert store.get(made.id).last_seq == 0


def test_a_stale_attempt_is_told_to_stop_and_its_events_are_not_kept(store: Store) -> None:
    made, attempt = started(store)
    store.report(made.id, 1, TOKEN, [step(1)])
    store.close_attempt(attempt, "lost", max_attempts=3)
    store.begin_attempt(made.id, token="second", run_dir="/x")
    receipt = store.report(made.id, 1, TOKEN, [step(2)])
    assert (receipt.desired, receipt.next_seq) == ("cancel", 2)
    assert store.report(made.id, 2, "second", [step(2)]).desired == "run"


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


def test_the_last_attempt_that_is_lost_fails_the_job(store: Store) -> None:
    made, attempt = started(store)
    for n in (1, 2):
        assert store.close_attempt(attempt, "killed", max_attempts=3).state is State.RECOVERING, n
        attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    failed = store.close_attempt(attempt, "killed", max_attempts=3)
    assert failed.state is State.FAILED
    assert "killed" in failed.status_reason
    assert store.events(made.id)[-1].kind == "end"


def test_an_interrupted_attempt_costs_nothing(store: Store) -> None:
    made, attempt = started(store)
    for _ in range(5):
        store.interrupt_attempt(attempt, "service stopped")
        assert store.get(made.id).state is State.RECOVERING
        attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    assert store.close_attempt(attempt, "killed", max_attempts=2).state is State.RECOVERING


def test_a_spool_is_taken_from_where_the_store_stands(store: Store) -> None:
    made, attempt = started(store)
    store.report(made.id, 1, TOKEN, [step(1), step(2)])
    store.ingest(attempt, [step(1), step(2), step(3), step(4), step(6)])
    assert [event.seq for event in store.events(made.id)] == [1, 2, 3, 4]


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
