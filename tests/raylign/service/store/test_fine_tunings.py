"""Fine-tuning jobs in the store."""

from pathlib import Path

import pytest
from service import job, open_store

from raylign.errors import JobNotFound


def test_a_request_stands_beside_its_job_and_is_found_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made = [store.create(job(), tenant=tenant)[0] for tenant in ("acme", "acme", "other")]
    plain, _ = store.create(job())
    for one in made:
        store.add_fine_tuning(one, {"model": one.id}, sha256="a" * 64)
    assert store.fine_tuning(made[0].id) == (made[0], {"model": made[0].id})
    with pytest.raises(JobNotFound, match="no fine-tuning job"):
        store.fine_tuning(plain.id)
    acme = sorted(made[:2], key=lambda one: one.id, reverse=True)
    assert [one for one, _ in store.fine_tunings(tenant="acme", limit=9)] == acme
    assert [one for one, _ in store.fine_tunings(tenant="acme", limit=9, before=acme[0].id)] == acme[1:]
    assert len(store.fine_tunings(tenant=None, limit=2)) == 2
    again = store.fine_tuning_again("acme", "a" * 64, since=0)
    assert again is not None
    assert again[0] == acme[0]
    assert store.fine_tuning_again("acme", "b" * 64, since=0) is None
    assert store.fine_tuning_again("acme", "a" * 64, since=2e9) is None


def test_a_job_that_is_deleted_takes_its_request_with_it(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made, _ = store.create(job())
    store.add_fine_tuning(made, {}, sha256="a" * 64)
    store.cancel(made.id)
    store.delete(made.id)
    with pytest.raises(JobNotFound):
        store.fine_tuning(made.id)
