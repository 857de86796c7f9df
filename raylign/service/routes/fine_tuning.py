"""Fine-tuning jobs, as OpenAI's clients make and follow them: jobs of this service in other words."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import StringConstraints, ValidationError

from raylign.errors import ModelNotFound, SpecError
from raylign.record.lines import documents
from raylign.service import openapi
from raylign.service.access import Caller
from raylign.service.admission import admit
from raylign.service.bulletin import WORK
from raylign.service.gateway import Gateway
from raylign.service.naming import asker_of, resolved
from raylign.service.openai.mapping import document, method_of
from raylign.service.openai.objects import FineTuningCheckpoint, FineTuningEvent, FineTuningJob, Listed
from raylign.service.openai.requests import NewFineTuning
from raylign.service.routes.keyed import JobId, Who, answer, keyed_router
from raylign.service.store import TERMINAL, JobRecord
from raylign.service.uploads import find_ready
from raylign.spec import parse_job
from raylign.spec.prompts import MODEL

PREFIX = "/v1/fine_tuning/jobs"
MAX_BYTES = 1_000_000
SAME_S = 600.0
"""A client's second try of a request makes no second job within this time."""
EventId = Annotated[str, StringConstraints(pattern=r"^ftevent-\d{1,15}$")]
CheckpointId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}:step-\d{1,9}$")]


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/fine_tuning/jobs; GET one, its events, its checkpoints; POST its cancel, pause, resume."""
    store, routes = gateway.store, keyed_router(gateway, PREFIX, told=openapi.envelopes)
    one_job: dict[str, Any] = {"response_model": FineTuningJob, "responses": openapi.envelopes(404, 409)}

    def view(job: JobRecord, asked: Mapping[str, Any]) -> FineTuningJob:
        ended = job.state in TERMINAL
        made = gateway.results.model(job) is not None
        return FineTuningJob.of(
            job, asked, model=job.id if made else None, tokens=_tokens(gateway, job) if ended else None
        )

    @routes.post(
        "",
        response_model=FineTuningJob,
        responses=openapi.envelopes(408, 409, 413),
        openapi_extra=openapi.body_of(NewFineTuning),
    )
    async def create(
        request: Request, who: Who, x_stainless_retry_count: Annotated[int, Header(ge=0, le=1000)] = 0
    ) -> Response:
        """Make a job. What the request says and a job cannot is refused."""
        async with gateway.bodies.read(request, MAX_BYTES) as body:
            wanted = _read(body)
        asked = wanted.model_dump(mode="json") | {"method": method_of(wanted).model_dump(mode="json")}
        sha256 = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        if x_stainless_retry_count:
            again = await asyncio.to_thread(store.fine_tuning_again, who.tenant, sha256, since=time.time() - SAME_S)
            if again:
                return answer(await asyncio.to_thread(view, *again))
        job = await asyncio.to_thread(lambda: parse_job(_document(gateway, wanted, who)))
        job = await asyncio.to_thread(resolved, gateway, job, who)
        await admit(gateway, job, who)
        await gateway.quotas.require_room(who)
        most_queued = await gateway.quotas.most_queued(who)

        def queue() -> Response:
            made, _ = store.create(job, tenant=who.tenant, most_queued=most_queued)
            store.add_fine_tuning(made, asked, sha256=sha256)
            return answer(view(made, asked))

        told = await asyncio.to_thread(queue)
        gateway.bulletin.post(WORK)
        return told

    @routes.get("", response_model=Listed[FineTuningJob])
    async def jobs(
        request: Request, who: Who, after: JobId | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> Response:
        """One's own, newest first."""
        if any(name.startswith("metadata") for name in request.query_params):
            raise SpecError("jobs are not filtered by metadata: leave it out")

        def page() -> Response:
            found = store.fine_tunings(tenant=who.tenant, limit=limit + 1, before=after)
            shown = [view(*one) for one in found[:limit]]
            return answer(Listed[FineTuningJob](data=shown, has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    @routes.get("/{job_id}", **one_job)
    async def job(job_id: JobId) -> Response:
        """One job."""
        return await asyncio.to_thread(lambda: answer(view(*store.fine_tuning(job_id))))

    async def wish(job_id: str, change: Any) -> Response:
        def told() -> Response:
            store.fine_tuning(job_id)
            change()
            return answer(view(*store.fine_tuning(job_id)))

        done = await asyncio.to_thread(told)
        gateway.bulletin.post(job_id, WORK)
        return done

    @routes.post("/{job_id}/cancel", **one_job)
    async def cancel(job_id: JobId) -> Response:
        """Ask a job to stop. 409 when it has ended."""
        return await wish(job_id, lambda: store.cancel(job_id))

    @routes.post("/{job_id}/pause", **one_job)
    async def pause(job_id: JobId) -> Response:
        """Ask a job to give its resources back and keep what it has made."""
        return await wish(job_id, lambda: store.pause(job_id, ttl_s=gateway.pause_ttl_s))

    @routes.post("/{job_id}/resume", **one_job)
    async def resume(job_id: JobId) -> Response:
        """Let a paused job go on."""
        return await wish(job_id, lambda: store.resume(job_id))

    @routes.get("/{job_id}/events", response_model=Listed[FineTuningEvent], responses=openapi.envelopes(404))
    async def events(
        job_id: JobId, after: EventId | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 20
    ) -> Response:
        """What a job said, newest first; ``after`` an event come older ones."""

        def page() -> Response:
            made, _ = store.fine_tuning(job_id)
            last = int(after.removeprefix("ftevent-")) - 1 if after else made.last_seq
            first = max(0, last - limit)
            found = store.events(job_id, after=first, limit=max(1, last - first)) if last > 0 else []
            shown = [FineTuningEvent.of(event) for event in reversed(found)]
            return answer(Listed[FineTuningEvent](data=shown, has_more=first > 0))

        return await asyncio.to_thread(page)

    @routes.get("/{job_id}/checkpoints", response_model=Listed[FineTuningCheckpoint], responses=openapi.envelopes(404))
    async def checkpoints(
        job_id: JobId, after: CheckpointId | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 10
    ) -> Response:
        """A job's checkpoints, newest first; each may be asked for as a model."""

        def page() -> Response:
            store.fine_tuning(job_id)
            found = [FineTuningCheckpoint.of(job_id, one) for one in reversed(gateway.results.checkpoints(job_id))]
            if after:
                step = int(after.rpartition("-")[2])
                found = [one for one in found if one.step_number < step]
            shown = found[:limit]
            ends = (shown[0].id, shown[-1].id) if shown else (None, None)
            return answer(
                Listed[FineTuningCheckpoint](data=shown, has_more=len(found) > limit, first_id=ends[0], last_id=ends[1])
            )

        return await asyncio.to_thread(page)

    return routes


def _read(body: bytes) -> NewFineTuning:
    """Raises `SpecError` that names the field."""
    try:
        return NewFineTuning.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:5]
        told = (f"{'.'.join(map(str, one['loc']))[:200]}: {one['msg'][:200]}" for one in faults)
        raise SpecError("; ".join(told)) from None


def _document(gateway: Gateway, wanted: NewFineTuning, who: Caller) -> dict[str, Any]:
    """Raises `SpecError`."""
    training = find_ready(gateway.store, who.tenant, wanted.training_file)
    validation = find_ready(gateway.store, who.tenant, wanted.validation_file) if wanted.validation_file else None
    return document(
        wanted,
        model=_model(gateway, who, wanted.model),
        training=training,
        validation=validation,
        settings=gateway.fine_tuning.settings,
        asker=lambda word: asker_of(gateway, who.tenant, word),
    )


def _model(gateway: Gateway, who: Caller, word: str) -> str:
    """As a job says it. Raises `SpecError` where the operator says which models there are, and this is none."""
    try:
        gateway.find_model(who.tenant, word)
    except ModelNotFound:
        if gateway.fine_tuning.models or word.startswith("job_"):
            known = ", ".join(gateway.fine_tuning.models)
            raise SpecError(
                f"there is no model {word[:100]!r} here; models: {known}, and what jobs have made"
            ) from None
        return word.removeprefix(MODEL)
    return f"{MODEL}{word}"


def _tokens(gateway: Gateway, job: JobRecord) -> int:
    """That were trained on."""
    path = gateway.home.jobs / job.id / "metrics.jsonl"
    return sum(int(line.get("tokens") or 0) for line in documents(path)) if path.is_file() else 0
