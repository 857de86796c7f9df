"""What a job has made, to take away: its checkpoints and its model, file by file."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, StringConstraints

from raylign.errors import ModelNotFound, Taken
from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.results import SavedCheckpoint, absent
from raylign.service.routes.keyed import JobId, answer, keyed_router
from raylign.service.store import TERMINAL

Step = Annotated[int, Field(ge=0, le=10_000_000)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]{0,199}$")]


class ModelFile(BaseModel):
    """One file of a model's directory."""

    name: str
    bytes: int


class ModelView(BaseModel):
    """A model's directory, as Hugging Face's libraries read it."""

    word: str
    """What jobs call it, ``model://WORD``."""
    files: list[ModelFile]


class CheckpointView(BaseModel):
    """A checkpoint of a job."""

    step: int
    """Steps made before it."""
    bytes: int
    """With the trainer's state."""
    saved_at: float
    """Unix seconds."""
    metrics: dict[str, float | None]
    """Of its last step, as `/metrics` has them."""
    model: ModelView


class CheckpointList(BaseModel):
    """Whole ones, oldest first."""

    data: list[CheckpointView]


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/jobs/{id}/checkpoints and /model, and each of their files; DELETE one checkpoint."""
    store, results, routes = gateway.store, gateway.results, keyed_router(gateway)
    file_told = {
        200: {"content": {"application/octet-stream": {}}, "description": "The file; of a Range, a part of it (206)"},
        **openapi.problems(404),
    }

    def checkpoint(job_id: str, step: int) -> SavedCheckpoint:
        store.get(job_id)
        found = next((one for one in results.checkpoints(job_id) if one.step == step), None)
        if found is None:
            raise ModelNotFound(f"job {job_id!r} has no checkpoint after {step} steps, or none any more")
        return found

    def model(job_id: str) -> Path:
        if (found := results.model(store.get(job_id))) is None:
            raise absent(job_id)
        return found

    @routes.get("/{job_id}/checkpoints", response_model=CheckpointList, responses=openapi.problems(404))
    async def checkpoints(job_id: JobId) -> Response:
        """A job's checkpoints. Each may be another job's model, by its ``model.word``."""

        def page() -> Response:
            store.get(job_id)
            return answer(CheckpointList(data=[_view(job_id, one) for one in results.checkpoints(job_id)]))

        return await asyncio.to_thread(page)

    @routes.get("/{job_id}/checkpoints/{step}/{name}", response_class=Response, responses=file_told)
    async def checkpoint_file(job_id: JobId, step: Step, name: Name) -> FileResponse:
        """A file of the policy in a checkpoint."""
        return await asyncio.to_thread(lambda: _send(checkpoint(job_id, step).policy, name))

    @routes.delete("/{job_id}/checkpoints/{step}", status_code=204, responses=openapi.problems(404, 409))
    async def delete(job_id: JobId, step: Step) -> Response:
        """Delete a checkpoint of a job that has ended. 409 while it has not, or another that has not reads it."""

        def let_go() -> None:
            found = checkpoint(job_id, step)
            job = store.get(job_id)
            if job.state not in TERMINAL:
                raise Taken(f"job {job_id!r} has not ended, and may go on from its checkpoints: cancel it first")
            store.require_unread(job.tenant, f"{job_id}/checkpoints/{found.path.name}/")
            # Renamed first, as the run does: half of one is none.
            shutil.rmtree(found.path.rename(found.path.with_suffix(".tmp")))

        await asyncio.to_thread(let_go)
        return Response(status_code=204)

    @routes.get("/{job_id}/model", response_model=ModelView, responses=openapi.problems(404))
    async def result(job_id: JobId) -> Response:
        """What a job that has succeeded has made."""
        return await asyncio.to_thread(lambda: answer(ModelView(word=job_id, files=_files(model(job_id)))))

    @routes.get("/{job_id}/model/{name}", response_class=Response, responses=file_told)
    async def result_file(job_id: JobId, name: Name) -> FileResponse:
        """A file of it."""
        return await asyncio.to_thread(lambda: _send(model(job_id), name))

    return routes


def _view(job_id: str, found: SavedCheckpoint) -> CheckpointView:
    return CheckpointView(
        step=found.step,
        bytes=found.bytes,
        saved_at=found.saved_at,
        metrics=dict(found.metrics),
        model=ModelView(word=f"{job_id}:step-{found.step}", files=_files(found.policy)),
    )


def _files(folder: Path) -> list[ModelFile]:
    """Of the directory itself; links are none of it."""
    found = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return [ModelFile(name=path.name, bytes=path.stat().st_size) for path in found]


def _send(folder: Path, name: str) -> FileResponse:
    """Raises `ModelNotFound` for what is not listed."""
    if name not in {file.name for file in _files(folder)}:
        raise ModelNotFound(f"the model has no file {name!r}")
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(folder / name, media_type="application/octet-stream", filename=name, headers=headers)
