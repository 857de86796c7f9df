"""The checkpoints of a run, wherever its job has them."""

import json
from typing import TypeAlias

from raylign.record.checkpoint import Checkpoints
from raylign.record.rundir import RunDirectory
from raylign.record.stored import StoredCheckpoints, claimed
from raylign.remote import Place, Remote
from raylign.spec.job import Job

AnyCheckpoints: TypeAlias = Checkpoints | StoredCheckpoints


def checkpoints_of(job: Job, run: RunDirectory) -> AnyCheckpoints:
    """In its store, this run's own from here on, or in the run directory. Raises `RunError`, `RemoteFailed`."""
    keep_last, store = job.checkpoint.keep_last, job.checkpoint.store
    if store is None:
        return Checkpoints(run.checkpoints_path, keep_last=keep_last)
    return StoredCheckpoints(root=claimed(Remote(store), run), keep_last=keep_last)


def kept_of(run: RunDirectory) -> AnyCheckpoints:
    """Those of a run that has begun, to be read."""
    if not run.store_path.exists():
        return Checkpoints(run.checkpoints_path)
    return StoredCheckpoints(root=Remote(json.loads(run.store_path.read_text())["url"]))


def references_of(checkpoints: AnyCheckpoints, run: RunDirectory) -> Place:
    """Where a moved reference is kept."""
    return checkpoints.root / "reference" if isinstance(checkpoints, StoredCheckpoints) else run.reference_path
