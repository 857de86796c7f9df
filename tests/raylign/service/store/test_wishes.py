"""What is wanted of a job, in every state that it can be in."""

import time

import pytest
from service import TOKEN, end, job, paused, started, step

from raylign.errors import JobConflict, JobNotFound
from raylign.service.store import AttemptState, State, Store

DAY = 86400


def pause(store: Store, job_id: str) -> State:
    return store.pause(job_id, ttl_s=DAY).state


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


def test_a_job_that_holds_nothing_is_paused_at_once_and_goes_back_to_where_it_was(store: Store) -> None:
    queued, _ = store.create(job())
    assert pause(store, queued.id) is State.PAUSED
    assert store.waiting(limit=9) == []
    assert store.resume(queued.id).state is State.QUEUED

    recovering, attempt = started(store)
    store.close_attempt(attempt, "lost", max_attempts=3)
    assert pause(store, recovering.id) is State.PAUSED
    assert store.resume(recovering.id).state is State.RECOVERING


@pytest.mark.parametrize("reported", [False, True])
def test_a_job_with_an_attempt_pauses_until_that_has_left(store: Store, reported: bool) -> None:
    made, attempt = started(store)
    if reported:
        assert store.report(made.id, 1, TOKEN, [step(1)]).desired == "run"
    assert pause(store, made.id) is State.PAUSING
    if reported:
        assert store.report(made.id, 1, TOKEN, [paused(2, 3)]).desired == "pause"
        assert store.get(made.id).state is State.PAUSING  # it still holds what it has
    left = store.close_attempt(attempt, "Ray: STOPPED", max_attempts=1)
    assert (left.state, left.finished_at) == (State.PAUSED, None)
    assert left.status_reason == ("after 3 steps; it goes on from step-3" if reported else "Ray: STOPPED")
    [one] = store.dossier(made.id).attempts
    assert (one.state, one.reason) == (AttemptState.PAUSED, left.status_reason)
    assert store.resume(made.id).state is State.RECOVERING
    assert store.begin_attempt(made.id, token=TOKEN, run_dir="/x").n == 2


def test_pauses_cost_no_attempt(store: Store) -> None:
    made, attempt = started(store)
    for _ in range(4):
        pause(store, made.id)
        store.close_attempt(attempt, "left", max_attempts=1)
        store.resume(made.id)
        attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    assert store.close_attempt(attempt, "killed", max_attempts=2).state is State.RECOVERING
    assert [one.state for one in store.dossier(made.id).attempts] == [AttemptState.PAUSED] * 4 + [AttemptState.LOST]


def test_asking_again_changes_nothing(store: Store) -> None:
    made, attempt = started(store)
    assert store.resume(made.id).state is State.STARTING
    pause(store, made.id)
    before = store.get(made.id)
    assert store.pause(made.id, ttl_s=1) == before
    store.close_attempt(attempt, "left", max_attempts=1)
    before = store.get(made.id)
    assert store.pause(made.id, ttl_s=1) == before
    store.resume(made.id)
    before = store.get(made.id)
    assert store.resume(made.id) == before


def test_a_job_resumed_while_it_pauses_ends_that_attempt_and_goes_on(store: Store) -> None:
    made, attempt = started(store)
    store.report(made.id, 1, TOKEN, [step(1)])
    pause(store, made.id)
    resumed = store.resume(made.id)
    assert (resumed.state, resumed.desired) == (State.PAUSING, "run")
    assert store.report(made.id, 1, TOKEN, []).desired == "pause"  # it may be half-way out
    assert pause(store, made.id) is State.PAUSING
    store.resume(made.id)
    assert store.close_attempt(attempt, "left", max_attempts=1).state is State.RECOVERING


def test_a_pause_ends_by_cancel_and_by_the_end_of_the_run(store: Store) -> None:
    made, attempt = started(store)
    pause(store, made.id)
    assert store.cancel(made.id).state is State.CANCELLING
    with pytest.raises(JobConflict, match="cancelling"):
        pause(store, made.id)
    with pytest.raises(JobConflict, match="cancelling"):
        store.resume(made.id)
    assert store.close_attempt(attempt, "left", max_attempts=1).state is State.CANCELLED

    queued, _ = store.create(job())
    pause(store, queued.id)
    assert store.cancel(queued.id).state is State.CANCELLED

    ended, _ = started(store)
    pause(store, ended.id)
    store.report(ended.id, 1, TOKEN, [end(1)])  # its last step was made before the wish came through
    for wish in (store.resume, store.cancel):
        with pytest.raises(JobConflict, match="succeeded"):
            wish(ended.id)
    with pytest.raises(JobConflict, match="succeeded"):
        pause(store, ended.id)


def test_a_driver_killed_while_it_pauses_leaves_the_job_paused(store: Store) -> None:
    made, attempt = started(store)
    store.report(made.id, 1, TOKEN, [step(1)])
    pause(store, made.id)
    store.report(made.id, 1, TOKEN, [end(2, "cancelled")])  # by a signal: nobody asked for that
    assert store.get(made.id).state is State.PAUSING
    assert store.close_attempt(attempt, "Ray: FAILED", max_attempts=1).state is State.PAUSED


def test_a_service_that_stops_leaves_a_pausing_job_paused(store: Store) -> None:
    made, attempt = started(store)
    pause(store, made.id)
    store.interrupt_attempt(attempt, "the service was stopped")
    assert store.get(made.id).state is State.PAUSED


def test_a_pause_without_end_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    short, _ = store.create(job())
    long, _ = store.create(job())
    resumed, _ = store.create(job())
    for made, ttl_s in ((short, 10), (long, 1000), (resumed, 10)):
        store.pause(made.id, ttl_s=ttl_s)
    store.resume(resumed.id)
    assert store.end_pauses() == []
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100)
    assert store.end_pauses() == [short.id]
    assert [store.get(made.id).state for made in (short, long, resumed)] == [
        State.CANCELLED,
        State.PAUSED,
        State.QUEUED,
    ]
    assert "nobody resumed it" in store.get(short.id).status_reason
    assert store.events(short.id)[-1].data["state"] == "cancelled"


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_retried_job_goes_on_with_all_attempts_of_a_new_one(store: Store, state: str) -> None:
    made, attempt = started(store)
    store.close_attempt(attempt, "killed", max_attempts=3)
    attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    if state == "cancelled":
        store.cancel(made.id)
    else:
        store.report(made.id, 2, TOKEN, [end(1, "failed")])
        with pytest.raises(JobConflict, match="attempt 2 .* has not left"):
            store.retry(made.id)
    store.close_attempt(attempt, "left", max_attempts=3)
    assert store.get(made.id).state == state
    retried = store.retry(made.id)
    assert (retried.state, retried.desired, retried.finished_at) == (State.RECOVERING, "run", None)
    assert retried.cancel_asked_at is None
    for n in (3, 4):
        attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
        assert attempt.n == n
        assert store.close_attempt(attempt, "killed", max_attempts=3).state is State.RECOVERING
    attempt = store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    assert store.close_attempt(attempt, "killed", max_attempts=3).state is State.FAILED


def test_what_never_began_is_queued_again_and_what_has_not_ended_or_has_succeeded_is_not_retried(store: Store) -> None:
    queued, _ = store.create(job())
    with pytest.raises(JobConflict, match="is queued: only"):
        store.retry(queued.id)
    store.cancel(queued.id)
    assert store.retry(queued.id).state is State.QUEUED
    done, attempt = started(store)
    store.report(done.id, 1, TOKEN, [end(1)])
    store.close_attempt(attempt, "left", max_attempts=1)
    with pytest.raises(JobConflict, match="is succeeded: only"):
        store.retry(done.id)


def test_a_job_that_has_ended_is_forgotten_with_all_that_hangs_on_it(store: Store) -> None:
    made, attempt = started(store)
    with pytest.raises(JobConflict, match="cancel it before"):
        store.delete(made.id)
    store.report(made.id, 1, TOKEN, [step(1), end(2)])
    with pytest.raises(JobConflict, match="has not left"):
        store.delete(made.id)
    store.close_attempt(attempt, "left", max_attempts=1)
    assert store.delete(made.id).run_dir == "/nowhere"
    for call in (store.get, store.delete, store.events):
        with pytest.raises(JobNotFound):
            call(made.id)
    assert store.latest() == []
    first, _ = store.create(job())
    second, _ = store.create(job(), after=first.id)
    store.cancel(first.id)
    with pytest.raises(JobConflict, match=f"'{second.id}' waits for"):
        store.delete(first.id)
    store.cancel(second.id)
    store.delete(first.id)
