"""Quotas in the store."""

from pathlib import Path

import pytest
from service import TOKEN, job, open_store

from raylign.errors import JobConflict, OverQuota
from raylign.service.store import QuotaRecord, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def test_a_quota_is_set_anew_and_absent_ones_limit_nothing(store: Store) -> None:
    assert store.quota("acme") == QuotaRecord(tenant="acme")
    store.set_quota(QuotaRecord(tenant="acme", queued=3, stored_bytes=10**12))
    store.set_quota(QuotaRecord(tenant="acme", running=1, requests_per_s=0.5))
    assert store.quota("acme") == QuotaRecord(tenant="acme", running=1, requests_per_s=0.5)
    assert [one.tenant for one in store.quotas()] == ["acme"]


def test_no_more_jobs_wait_than_may_and_one_that_is_sent_again_is_no_more(store: Store) -> None:
    first, _ = store.create(job(), tenant="acme", key="k", most_queued=1)
    with pytest.raises(OverQuota, match="1 jobs of tenant 'acme' wait, and 1 may"):
        store.create(job(), tenant="acme", most_queued=1)
    assert store.create(job(), tenant="acme", key="k", most_queued=1) == (first, False)
    store.create(job(), tenant="other", most_queued=1)
    assert [one.job.id for one in store.latest(tenant="acme")] == [first.id]
    store.cancel(first.id)
    store.create(job(), tenant="acme", most_queued=1)


def test_no_more_jobs_run_than_may_and_others_go_first(store: Store) -> None:
    store.set_quota(QuotaRecord(tenant="acme", running=1))
    one, two = (store.create(job(), tenant="acme")[0] for _ in range(2))
    other, _ = store.create(job(), tenant="other")
    assert {found.id for found in store.waiting(limit=9)} == {one.id, two.id, other.id}
    attempt = store.begin_attempt(one.id, token=TOKEN, run_dir="/nowhere")
    assert [found.id for found in store.waiting(limit=1)] == [other.id]
    with pytest.raises(JobConflict, match="as many jobs of tenant 'acme' run as may"):
        store.begin_attempt(two.id, token=TOKEN, run_dir="/nowhere")
    store.close_attempt(attempt, "lost", max_attempts=1)
    assert store.begin_attempt(two.id, token=TOKEN, run_dir="/nowhere").job_id == two.id
