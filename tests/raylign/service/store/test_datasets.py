"""Datasets in the store."""

from dataclasses import replace
from pathlib import Path

import pytest
from service import job_document, open_store
from uploads import record

from raylign.errors import DatasetNotFound, Taken
from raylign.service.store import DatasetState, Store
from raylign.spec import parse_job

BOUNDS = {"most": 10, "most_bytes": 10_000}


def reading_job(store: Store, text: str, tenant: str = "default") -> str:
    document = job_document()
    document["tasks"][0]["prompts"]["path"] = text
    return store.create(parse_job(document), tenant=tenant)[0].id


def test_the_same_upload_begins_once_and_another_of_its_name_is_refused(tmp_path: Path) -> None:
    store, one = open_store(tmp_path), record()
    assert store.add_dataset(one, **BOUNDS) == (one, True)
    assert store.add_dataset(replace(one, id="ds_other"), **BOUNDS) == (one, False)
    for changed in ({"sha256": "0" * 64}, {"columns": {"prompt": "q"}}, {"format": "csv"}, {"bytes": 3}):
        with pytest.raises(Taken, match="'math' is there already"):
            store.add_dataset(replace(one, **changed), **BOUNDS)
    assert store.add_dataset(record(tenant="acme"), **BOUNDS)[1]


def test_a_tenant_has_so_many_datasets_of_so_many_bytes(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.add_dataset(record(b"x" * 60, "a"), most=2, most_bytes=100)
    with pytest.raises(Taken, match="1 datasets of 60 bytes together, and may have 2 of 100"):
        store.add_dataset(record(b"x" * 41, "b"), most=2, most_bytes=100)
    store.add_dataset(record(b"x" * 40, "b"), most=2, most_bytes=100)
    with pytest.raises(Taken, match="delete some"):
        store.add_dataset(record(b"", "c"), most=2, most_bytes=1000)


def test_one_is_found_by_name_or_id_of_its_own_tenant_and_listed_newest_first(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made = [record(name="a"), record(name="b"), record(name="a", tenant="acme")]
    for one in made:
        store.add_dataset(one, **BOUNDS)
    assert store.dataset("default", "a") == store.dataset("default", made[0].id) == made[0]
    assert store.dataset(None, made[2].id) == made[2]
    for tenant, word in (("default", made[2].id), ("acme", "b"), ("acme", "x"), (None, "a")):
        with pytest.raises(DatasetNotFound):
            store.dataset(tenant, word)
    listed = sorted(made, key=lambda one: one.id, reverse=True)
    assert store.datasets(tenant=None, limit=9) == listed
    assert store.datasets(tenant=None, limit=1, before=listed[0].id) == [listed[1]]
    assert store.datasets(tenant="acme", limit=9) == [made[2]]


def test_what_a_job_that_has_not_ended_reads_stays(tmp_path: Path) -> None:
    store, one = open_store(tmp_path), record()
    store.add_dataset(one, **BOUNDS)
    job = reading_job(store, f"/home/datasets/{one.id}/data.jsonl")
    reading_job(store, f"/another/{one.id}", tenant="acme")  # who names another's id does not keep it
    with pytest.raises(Taken, match=f"read by job '{job}'"):
        store.delete_dataset(one)
    store.cancel(job)
    store.delete_dataset(one)
    with pytest.raises(DatasetNotFound):
        store.delete_dataset(one)


def test_how_far_it_has_come_is_kept(tmp_path: Path) -> None:
    store, one = open_store(tmp_path), record()
    store.add_dataset(one, **BOUNDS)
    store.set_dataset(one.id, DatasetState.CHECKING)
    assert store.dataset("default", "math").ready_at is None
    store.set_dataset(one.id, DatasetState.READY, report={"rows": []})
    found = store.dataset("default", "math")
    assert (found.state, found.report) == (DatasetState.READY, {"rows": []})
    assert found.ready_at is not None
