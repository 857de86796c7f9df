"""Jobs: queued, listed, looked at, deleted."""

import asyncio
import logging
import shutil
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.exceptions import HTTPException

from raylign.errors import SpecError
from raylign.service import openapi
from raylign.service.access import Tenant
from raylign.service.admission import admit
from raylign.service.bulletin import WORK
from raylign.service.gateway import Gateway
from raylign.service.naming import resolved
from raylign.service.routes.keyed import JobId, Who, answer, keyed_router
from raylign.service.routes.metadata import PARAMETER, Metadata
from raylign.service.store import Dossier, State
from raylign.service.views import AttemptPage, JobDetail, JobPage, JobView, attempt_view, job_detail, job_view
from raylign.spec import parse_job
from raylign.spec.document import MAX_BYTES, read_json, read_yaml

logger = logging.getLogger(__name__)

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
MOST_PRIORITY = 100


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/jobs, GET and DELETE /v1/jobs/{id}, GET /v1/jobs/{id}/attempts."""
    store, bulletin, routes = gateway.store, gateway.bulletin, keyed_router(gateway)

    @routes.post(
        "",
        response_model=JobView,
        status_code=201,
        responses={
            200: {"model": JobView, "description": "The Idempotency-Key has made this job before"},
            **openapi.problems(408, 409, 413, 415),
        },
        openapi_extra=openapi.JOB_BODY | PARAMETER,
    )
    async def submit(
        request: Request,
        who: Who,
        metadata: Metadata,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255, pattern=PRINTABLE)] = None,
        priority: Annotated[int, Query(ge=-MOST_PRIORITY, le=MOST_PRIORITY)] = 0,
        after: JobId | None = None,
    ) -> Response:
        """Queue a job: the job document as JSON or YAML. 200 where the Idempotency-Key has made this job before.

        ``priority``: the highest starts first. ``after``: a job that has to succeed before this one starts.

        422 where it is wrong by itself, or by the files that this machine sees.
        """
        kind = request.headers.get("content-type", "")

        def queue() -> Response:
            owner = None if after is None else store.tenant_of(after)
            if after is not None and (owner is None or not who.sees(owner)):
                raise SpecError(f"after: there is no job {after!r}; GET /v1/jobs lists all")
            made, created = store.create(
                document,
                key=idempotency_key,
                tenant=who.tenant,
                metadata=metadata,
                priority=priority,
                after=after,
                most_queued=most_queued,
            )
            found = Dossier(job=made, attempts=[]) if created else store.dossier(made.id)
            shown = job_view(found, gateway.ray.url)
            return answer(shown, 201 if created else 200, Location=shown.links.self)

        async with gateway.bodies.read(request, MAX_BYTES) as body:
            document = await asyncio.to_thread(lambda: parse_job(read_document(body, kind)))
            document = await asyncio.to_thread(resolved, gateway, document, who)
            await admit(gateway, document, who)
            await gateway.quotas.require_room(who)
            most_queued = await gateway.quotas.most_queued(who)
            told = await asyncio.to_thread(queue)
        bulletin.post(WORK)
        return told

    @routes.get("", response_model=JobPage, openapi_extra=PARAMETER)
    async def jobs(
        who: Who,
        metadata: Metadata,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: JobId | None = None,
        state: State | None = None,
        name: Annotated[str | None, Query(max_length=64)] = None,
        tenant: Tenant | None = None,
    ) -> Response:
        """Jobs, newest first: one's own; an admin's key lists everybody's, or those of ``tenant``.

        ``before``: the last id of the page before. All that is asked for has to be so.
        """
        whose = who.listed(tenant)

        def page() -> Response:
            found = store.latest(
                limit=limit + 1, before=before, state=state, tenant=whose, name=name, metadata=metadata
            )
            shown = [job_view(one, gateway.ray.url) for one in found[:limit]]
            return answer(JobPage(data=shown, has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    @routes.get("/{job_id}", response_model=JobDetail, responses=openapi.problems(404))
    async def job(job_id: JobId) -> Response:
        """One job, with its document."""

        def detail() -> Response:
            found, document = store.detail(job_id)
            place = store.place_in_queue(found.job)
            return answer(job_detail(found, document, gateway.ray.url, queue_position=place))

        return await asyncio.to_thread(detail)

    @routes.get("/{job_id}/attempts", response_model=AttemptPage, responses=openapi.problems(404))
    async def attempts(job_id: JobId) -> Response:
        """A job's attempts, oldest first: each one Ray job."""

        def page() -> Response:
            return answer(AttemptPage(data=[attempt_view(one) for one in store.dossier(job_id).attempts]))

        return await asyncio.to_thread(page)

    @routes.delete("/{job_id}", status_code=204, responses=openapi.problems(404, 409))
    async def delete(job_id: JobId, keep_run: bool = False) -> Response:
        """Forget a job that has ended, and remove its run directory: events, checkpoints, model, report.

        ``keep_run``: leave the directory where it is. 409 while the job has not ended.
        """

        def forget() -> None:
            gone = store.delete(job_id)
            if gone.run_dir is not None and not keep_run:
                remove_run(Path(gone.run_dir), job_id)

        await asyncio.to_thread(forget)
        bulletin.post(job_id, WORK)
        return Response(status_code=204)

    return routes


def remove_run(run_dir: Path, job_id: str) -> None:
    """Remove a job's run directory. What cannot be removed is logged: the job is forgotten all the same."""
    if run_dir.name != job_id:
        logger.error("%s is not the run directory of %s: it is left where it is", run_dir, job_id)
        return
    try:
        # Renamed first: what is half removed is taken for no run.
        shutil.rmtree(run_dir.rename(run_dir.with_name(f"{job_id}.deleted")))
    except FileNotFoundError:
        return
    except OSError as error:
        logger.warning("the run directory of deleted job %s could not be removed: %s", job_id, error)


def read_document(body: bytes, content_type: str) -> Any:
    """The document in a body. Raises `SpecError`; `HTTPException` 415 where it is neither JSON nor YAML."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind in ("", "application/json"):
            return read_json(body)
        if kind in ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"):
            return read_yaml(body)
    except SpecError as error:
        raise SpecError(f"the body is not {kind or 'application/json'}: {error}") from None
    raise HTTPException(415, f"content type {kind!r} is not taken: send application/json or application/yaml")
