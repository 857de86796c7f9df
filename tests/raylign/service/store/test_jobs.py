"""Jobs in the store: made once, listed."""

import threading
from typing import Any

import pytest
from service import TOKEN, end, job, started
from sqlalchemy import update

from raylign.errors import JobConflict, JobNotFound
from raylign.service.store import State, Store
from raylign.service.store.digest import digest
from raylign.service.store.jobs import new_job_id
from raylign.service.store.schema import jobs


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


def test_each_tenant_has_idempotency_keys_of_its_own(store: Store) -> None:
    ours, _ = store.create(job("one"), key="k")
    theirs, created = store.create(job("two"), key="k", tenant="acme")
    assert (created, ours.id != theirs.id) == (True, True)
    assert store.create(job("two"), key="k", tenant="acme") == (theirs, False)
    assert (store.tenant_of(ours.id), store.tenant_of(theirs.id), store.tenant_of("job_x")) == ("default", "acme", None)
    assert [one.job.id for one in store.latest(tenant="acme")] == [theirs.id]


def test_a_key_from_before_jobs_had_kinds_stands_for_the_same_document(store: Store) -> None:
    first, _ = store.create(job(), key="k")
    before = digest(job().model_dump_json(exclude={"kind"}))
    with store._database.writing() as connection:
        connection.execute(update(jobs).values(body_sha256=before))
    again, created = store.create(job(), key="k")
    assert (again.id, created) == (first.id, False)


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


def test_recovering_jobs_come_before_queued_ones(store: Store) -> None:
    older, _ = store.create(job("older"))
    threading.Event().wait(0.003)
    younger, attempt = started(store, name="younger")
    store.close_attempt(attempt, "lost", max_attempts=3)
    assert [one.id for one in store.waiting(limit=9)] == [younger.id, older.id]


def test_an_unknown_job_is_not_found(store: Store) -> None:
    for call in (store.get, store.cancel, store.resume, store.events):
        with pytest.raises(JobNotFound, match="'job_x'"):
            call("job_x")


def test_a_note_says_what_a_job_waits_for_and_never_why_one_has_ended(store: Store) -> None:
    made, _ = store.create(job())
    store.note(made.id, "the cluster is full")
    assert store.get(made.id).status_reason == "the cluster is full"
    ended = store.cancel(made.id).status_reason
    store.note(made.id, "too late")
    assert store.get(made.id).status_reason == ended


def test_a_job_that_could_not_be_started_fails_once_with_its_reason(store: Store) -> None:
    made, _ = store.create(job())
    store.fail(made.id, "no such directory")
    failed = store.get(made.id)
    assert (failed.state, failed.status_reason) == (State.FAILED, "no such directory")
    with pytest.raises(JobConflict, match="failed"):
        store.fail(made.id, "again")


def test_the_document_is_the_validated_one(store: Store) -> None:
    sent = job("kept")
    made, _ = store.create(sent)
    assert store.document(made.id) == sent.model_dump(mode="json")
    with pytest.raises(JobNotFound, match="'job_x'"):
        store.document("job_x")


def test_the_queue_goes_by_priority_then_recovery_then_age(store: Store) -> None:
    def made(name: str, **asked: Any) -> str:
        threading.Event().wait(0.003)
        return store.create(job(name), **asked)[0].id

    old, low, urgent, young = made("old"), made("low", priority=-1), made("urgent", priority=9), made("young")
    lost, attempt = started(store)
    store.close_attempt(attempt, "lost", max_attempts=3)
    assert [one.id for one in store.waiting(limit=9)] == [urgent, lost.id, old, young, low]
    assert [one.id for one in store.waiting(limit=2)] == [urgent, lost.id]
    places = [store.place_in_queue(store.get(one)) for one in (urgent, lost.id, old, young, low)]
    assert places == [1, 2, 3, 4, 5]
    assert store.place_in_queue(store.cancel(young)) is None


def test_a_job_waits_for_the_one_it_comes_after(store: Store) -> None:
    first, attempt = started(store)
    second, _ = store.create(job(), after=first.id)
    assert first.id in second.status_reason
    assert store.waiting(limit=9) == []
    store.report(first.id, 1, TOKEN, [end(1, "failed")])
    store.close_attempt(attempt, "left", max_attempts=1)
    assert store.waiting(limit=9) == []
    store.retry(first.id)
    store.begin_attempt(first.id, token=TOKEN, run_dir="/x")
    store.report(first.id, 2, TOKEN, [end(2)])
    assert [one.id for one in store.waiting(limit=9)] == [second.id]
