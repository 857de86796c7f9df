"""What a run directory and the store have of a job's events is made equal while no driver is there."""

from pathlib import Path

import pytest
from service import TOKEN, end, open_store, started, step

from raylign.errors import RunError
from raylign.record.rundir import RunDirectory
from raylign.service.dispatch.spool import collect, supply
from raylign.service.home import Home, open_home
from raylign.service.store import JobRecord, Store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path)


def ended(store: Store, home: Home) -> JobRecord:
    """Its driver said one thing; the store said that it was cancelled."""
    made, attempt = started(store)
    with RunDirectory.create(home.jobs / made.id, {}) as run:
        run.append(step(1))
    collect(store, home, attempt)
    store.cancel(made.id)
    store.close_attempt(attempt, "left", max_attempts=1)
    return store.get(made.id)


def test_a_driver_numbers_on_from_what_the_store_alone_has(tmp_path: Path, home: Home) -> None:
    store = open_store(tmp_path)
    job = ended(store, home)
    assert job.last_seq == 2
    supply(store, home, job)
    supply(store, home, job)
    run = RunDirectory(home.jobs / job.id)
    assert [(event.seq, event.kind) for event in run.events()] == [(1, "step"), (2, "end")]
    store.retry(job.id)
    store.begin_attempt(job.id, token=TOKEN, run_dir="/x")
    store.report(job.id, 2, TOKEN, [step(run.next_seq, step=1), end(run.next_seq + 1)])
    assert [event.seq for event in store.events(job.id)] == [1, 2, 3, 4]


def test_a_driver_that_is_still_at_work_is_not_written_over(tmp_path: Path, home: Home) -> None:
    store = open_store(tmp_path)
    job = ended(store, home)
    with RunDirectory.open(home.jobs / job.id), pytest.raises(RunError, match="in use by another run"):
        supply(store, home, job)
