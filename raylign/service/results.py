"""What a service's jobs have made: results and checkpoints, found by the words that people use for them.

``job_...`` is a job's result, ``job_...:step-20`` the policy of its checkpoint after 20 steps; other words are the
operator's names for models.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from raylign.errors import CheckpointError, ModelNotFound
from raylign.record.checkpoint import Checkpoints, flaws
from raylign.record.lines import documents
from raylign.record.manifest import read_manifest
from raylign.record.rundir import RunDirectory
from raylign.service.home import Home
from raylign.service.store import JobRecord, State, Store

_WORD = re.compile(r"(?P<job>job_[0-9a-v]{26})(:step-(?P<step>\d{1,9}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCheckpoint:
    """One checkpoint of a job."""

    step: int
    """Steps made before it."""
    path: Path
    bytes: int
    saved_at: float
    """Unix seconds."""
    metrics: Mapping[str, float | None]
    """Of its last step, flat: ``{"train/loss": 0.2}``."""

    @property
    def policy(self) -> Path:
        """A Hugging Face directory."""
        return self.path / "policy"


@dataclass(frozen=True, slots=True)
class Results:
    """What the jobs of one store have made, below its home."""

    store: Store
    home: Home

    def model(self, job: JobRecord) -> Path | None:
        """A job's result; None of one that has none."""
        path = self._run(job.id).model_path
        return path if job.state is State.SUCCEEDED and path.is_dir() else None

    def checkpoints(self, job_id: str) -> list[SavedCheckpoint]:
        """Whole ones, oldest first."""
        run = self._run(job_id)
        if not run.checkpoints_path.is_dir():
            return []
        metrics = {line.pop("step"): line for line in documents(run.metrics_path)} if run.metrics_path.exists() else {}
        return list(_whole(Checkpoints(run.checkpoints_path), metrics))

    def find(self, tenant: str | None, word: str) -> Path:
        """The directory of a model that a job has made. ``tenant``: whose; anybody's where None.

        Raises `ModelNotFound`, for another tenant's too.
        """
        said = _WORD.fullmatch(word)
        owner = self.store.tenant_of(said["job"]) if said else None
        if said and owner is not None and tenant in (None, owner):
            job = self.store.get(said["job"])
            if said["step"] is None:
                found = self.model(job)
            else:
                step = int(said["step"])
                found = next((one.policy for one in self.checkpoints(job.id) if one.step == step), None)
            if found is not None:
                return found
        raise absent(word)

    def _run(self, job_id: str) -> RunDirectory:
        return RunDirectory(self.home.jobs / job_id)


def absent(word: str) -> ModelNotFound:
    """The error of who asks for a model that is not there."""
    return ModelNotFound(f"there is no model {word[:100]!r}; GET /v1/models lists all")


def _whole(found: Checkpoints, metrics: Mapping[int, Mapping[str, float | None]]) -> Iterator[SavedCheckpoint]:
    for path in found.all():
        if flaws(path):
            continue
        try:
            manifest = read_manifest(path)
            saved_at = path.stat().st_mtime
        except (CheckpointError, OSError):
            continue  # let go meanwhile
        step = manifest.progress.next_step
        size = sum(file.size for files in manifest.ranks for file in files)
        yield SavedCheckpoint(
            step=step, path=path, bytes=size, saved_at=saved_at, metrics=dict(metrics.get(step - 1, {}))
        )
