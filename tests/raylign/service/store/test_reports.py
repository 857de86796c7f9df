"""Reports: numbered, kept once and in order, taken from the attempt alone."""

import pytest
from service import TOKEN, started, step

from raylign.errors import Unauthorized
from raylign.service.store import Store


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


def test_a_spool_is_taken_from_where_the_store_stands(store: Store) -> None:
    made, attempt = started(store)
    store.report(made.id, 1, TOKEN, [step(1), step(2)])
    store.ingest(attempt, [step(1), step(2), step(3), step(4), step(6)])
    assert [event.seq for event in store.events(made.id)] == [1, 2, 3, 4]
