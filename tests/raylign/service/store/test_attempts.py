"""Attempts: begun, lost, interrupted, counted."""

import hashlib
import time
from pathlib import Path

import pytest
from service import TOKEN, job, open_store, started

from raylign.errors import JobConflict
from raylign.service.store import AttemptRecord, AttemptState, State, Store


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


def test_what_ray_has_and_when_it_was_told_to_stop_counts_from_the_first_time(store: Store) -> None:
    made, _ = store.create(job())
    attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    assert attempt.state is AttemptState.CREATED

    def seen() -> AttemptRecord:
        [(_, found)] = store.open_attempts()
        return found

    store.confirm_attempt(attempt)
    store.stop_asked(attempt)
    first = seen()
    assert first.state is AttemptState.SUBMITTED
    assert first.submitted_at is not None
    assert first.stop_asked_at is not None
    store.report(made.id, 1, TOKEN, [])
    store.confirm_attempt(attempt)
    store.stop_asked(attempt)
    again = seen()
    assert again.state is AttemptState.RUNNING
    assert (again.submitted_at, again.stop_asked_at) == (first.submitted_at, first.stop_asked_at)


def test_an_attempt_that_is_over_holds_nothing_any_more(store: Store) -> None:
    _, first = started(store)
    _, second = started(store)
    store.close_attempt(first, "lost", max_attempts=3)
    assert [attempt.job_id for _, attempt in store.open_attempts()] == [second.job_id]
    store.interrupt_attempt(second, "stopping")
    assert store.open_attempts() == []


def test_a_token_is_kept_as_a_digest_alone(tmp_path: Path) -> None:
    started(open_store(tmp_path))
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("raylign.db*"))
    assert hashlib.sha256(TOKEN.encode()).hexdigest().encode() in kept
    assert TOKEN.encode() not in kept


def test_a_lost_attempt_is_followed_later_and_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made, attempt = started(store)
    clock = [time.time()]
    for wait_s in (5, 10, 20):
        monkeypatch.setattr(time, "time", lambda: clock[0])
        lost = store.close_attempt(attempt, "killed", max_attempts=9, backoff_s=5)
        assert lost.start_after == clock[0] + wait_s
        assert f"starting another in {wait_s} s" in lost.status_reason
        assert store.waiting(limit=1) == []
        clock[0] += wait_s
        assert [one.id for one in store.waiting(limit=1)] == [made.id]
        attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
