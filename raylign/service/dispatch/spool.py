"""A run directory's events and the store's: while no driver is there, what one has and the other lacks is made up."""

import logging

from raylign.errors import RunError
from raylign.record.rundir import RunDirectory
from raylign.service.home import Home
from raylign.service.store import AttemptRecord, JobRecord, Store

logger = logging.getLogger(__name__)

PAGE = 500


def collect(store: Store, home: Home, attempt: AttemptRecord) -> None:
    """Take what a driver that is gone wrote to its run directory and could not send."""
    try:
        spooled = list(RunDirectory(home.jobs / attempt.job_id).events())
    except (RunError, OSError, ValueError) as error:
        logger.warning("%s: its events cannot be read: %s", attempt.submission_id, error)
        return
    store.ingest(attempt, spooled)


def supply(store: Store, home: Home, job: JobRecord) -> None:
    """Write down what the store alone has, as the end of a job that is retried: the next driver numbers on from there.

    Raises `RunError` where a driver is still at work.
    """
    path = home.jobs / job.id
    if RunDirectory(path).next_seq > job.last_seq:
        return
    with RunDirectory.open(path) as run:
        while lacking := store.events(job.id, after=run.next_seq - 1, limit=PAGE):
            for event in lacking:
                run.append(event)
