"""What is answered in OpenAI's words."""

from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from raylign.record.events import Event
from raylign.record.events.payloads import CheckpointSaved, RunEnded, RunPaused, Status, StepDone, Trained, Warned
from raylign.service.results import SavedCheckpoint
from raylign.service.store import DatasetRecord, DatasetState, JobRecord, State

T = TypeVar("T")

STATUS: Mapping[State, str] = {
    State.QUEUED: "queued",
    State.STARTING: "queued",
    State.RUNNING: "running",
    State.RECOVERING: "running",
    State.PAUSING: "pausing",
    State.PAUSED: "paused",
    State.CANCELLING: "running",
    State.CANCELLED: "cancelled",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
}
"""``pausing`` and ``paused`` are more than OpenAI's own."""
FILE_STATUS: Mapping[DatasetState, Literal["uploaded", "processed", "error"]] = {
    DatasetState.UPLOADING: "uploaded",
    DatasetState.CHECKING: "uploaded",
    DatasetState.READY: "processed",
    DatasetState.REFUSED: "error",
}


class Listed(BaseModel, Generic[T]):
    """A page."""

    object: Literal["list"] = "list"
    data: list[T]
    has_more: bool
    """Ask again with ``after`` = the last id."""
    first_id: str | None = None
    last_id: str | None = None


class Deleted(BaseModel):
    """What is gone."""

    id: str
    object: str
    deleted: Literal[True] = True


class FileObject(BaseModel):
    """A dataset as a file. Times are whole Unix seconds."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: Literal["fine-tune"] = "fine-tune"
    status: Literal["uploaded", "processed", "error"]
    status_details: str | None

    @classmethod
    def of(cls, found: DatasetRecord) -> "FileObject":
        report = found.report or {}
        return cls(
            id=found.id,
            bytes=found.bytes,
            created_at=int(found.created_at),
            filename=found.filename or f"{found.name}.{found.format}",
            status=FILE_STATUS[found.state],
            status_details=report.get("refused") or report.get("failure"),
        )


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None


class FineTuningJob(BaseModel):
    """A job as it was asked for, and where it is."""

    id: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    created_at: int
    finished_at: int | None
    estimated_finish: int | None = None
    model: str
    fine_tuned_model: str | None
    """What to ask for it by, once the job has succeeded."""
    organization_id: str
    """The tenant."""
    status: str
    """OpenAI's, and ``pausing`` and ``paused``."""
    error: JobError | None
    training_file: str
    validation_file: str | None
    result_files: list[str]
    trained_tokens: int | None
    seed: int
    integrations: list[None] | None
    metadata: dict[str, str] | None
    hyperparameters: dict[str, Any]
    method: dict[str, Any]

    @classmethod
    def of(cls, job: JobRecord, asked: Mapping[str, Any], *, model: str | None, tokens: int | None) -> "FineTuningJob":
        """``asked``: the request, with its method. ``model``: the result; None before there is one."""
        method = asked["method"]
        failed = job.state is State.FAILED
        return cls(
            id=job.id,
            created_at=int(job.created_at),
            finished_at=None if job.finished_at is None else int(job.finished_at),
            model=asked["model"],
            fine_tuned_model=model,
            organization_id=job.tenant,
            status=STATUS[job.state],
            error=JobError(code="job_failed", message=job.status_reason) if failed else None,
            training_file=asked["training_file"],
            validation_file=asked["validation_file"],
            result_files=[],
            trained_tokens=tokens,
            seed=asked["seed"] or 0,
            integrations=[],
            metadata=asked["metadata"],
            hyperparameters=method[method["type"]]["hyperparameters"],
            method=method,
        )


class FineTuningEvent(BaseModel):
    """What a job says."""

    id: str
    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    type: Literal["message", "metrics"]
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> "FineTuningEvent":
        level, message, data = _told(event)
        kind: Literal["message", "metrics"] = "metrics" if data else "message"
        return cls(
            id=event_id(event.seq), created_at=int(event.time), level=level, message=message, type=kind, data=data
        )


class FineTuningCheckpoint(BaseModel):
    """A checkpoint, usable as a model."""

    id: str
    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuning_job_id: str
    fine_tuned_model_checkpoint: str
    step_number: int
    metrics: dict[str, float]

    @classmethod
    def of(cls, job_id: str, found: SavedCheckpoint) -> "FineTuningCheckpoint":
        loss = found.metrics.get("train/loss")
        name = f"{job_id}:step-{found.step}"
        return cls(
            id=name,
            created_at=int(found.saved_at),
            fine_tuning_job_id=job_id,
            fine_tuned_model_checkpoint=name,
            step_number=found.step,
            metrics={"step": found.step} | ({} if loss is None else {"train_loss": loss}),
        )


class ModelObject(BaseModel):
    """A model that may be asked for by this id."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    """A tenant, or ``operator``."""


def event_id(seq: int) -> str:
    """Of an event by its number."""
    return f"ftevent-{seq}"


def _told(event: Event) -> tuple[Literal["info", "warn", "error"], str, dict[str, Any]]:
    """Level, message, and numbers where it is a step's."""
    match event.said:
        case StepDone(step=step, steps=steps, train=Trained(loss=loss)):
            shown = "" if loss is None else f": training loss={loss:.4f}"
            return "info", f"Step {step + 1}/{steps}{shown}", {"step": step + 1, "train_loss": loss}
        case StepDone(step=step, steps=steps):
            return "info", f"Step {step + 1}/{steps}: nothing to learn from", {"step": step + 1}
        case Warned(message=message):
            return "warn", message, {}
        case CheckpointSaved(step=step):
            return "info", f"Checkpoint created at step {step}", {}
        case RunPaused(message=message):
            return "info", f"The job was paused: {message}", {}
        case RunEnded(state=state, message=message):
            return ("error" if state == "failed" else "info"), f"The job has {state}: {message}", {}
        case Status(phase=phase, detail=detail):
            return "info", f"{phase}: {detail}" if detail else phase, {}
    return "info", event.kind, {}
