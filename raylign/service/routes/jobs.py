"""Jobs: queued, listed, looked at."""

import asyncio
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
from raylign.service.store import Dossier, State
from raylign.service.views import JobDetail, JobPage, JobView, job_detail, job_view
from raylign.spec import parse_job
from raylign.spec.document import MAX_BYTES, read_json, read_yaml

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/jobs, GET /v1/jobs/{id}."""
    store, bulletin, routes = gateway.store, gateway.bulletin, keyed_router(gateway)

    @routes.post(
        "",
        response_model=JobView,
        status_code=201,
        responses={
            200: {"model": JobView, "description": "The Idempotency-Key has made this job before"},
            **openapi.problems(408, 409, 413, 415),
        },
        openapi_extra=openapi.JOB_BODY,
    )
    async def submit(
        request: Request,
        who: Who,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255, pattern=PRINTABLE)] = None,
    ) -> Response:
        """Queue a job: the job document as JSON or YAML. 200 where the Idempotency-Key has made this job before.

        422 where it is wrong by itself, or by the files that this machine sees.
        """
        kind = request.headers.get("content-type", "")

        def queue() -> Response:
            made, created = store.create(document, key=idempotency_key, tenant=who.tenant)
            found = Dossier(job=made, attempts=[]) if created else store.dossier(made.id)
            shown = job_view(found, gateway.ray.url)
            return answer(shown, 201 if created else 200, Location=shown.links.self)

        async with gateway.bodies.read(request, MAX_BYTES) as body:
            document = await asyncio.to_thread(lambda: parse_job(read_document(body, kind)))
            document = await asyncio.to_thread(resolved, gateway, document, who)
            await admit(gateway, document, who)
            told = await asyncio.to_thread(queue)
        bulletin.post(WORK)
        return told

    @routes.get("", response_model=JobPage)
    async def jobs(
        who: Who,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: JobId | None = None,
        state: State | None = None,
        tenant: Tenant | None = None,
    ) -> Response:
        """Jobs, newest first: one's own; an admin's key lists everybody's, or those of ``tenant``."""

        def page() -> Response:
            found = store.latest(limit=limit + 1, before=before, state=state, tenant=who.listed(tenant))
            shown = [job_view(one, gateway.ray.url) for one in found[:limit]]
            return answer(JobPage(data=shown, has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    @routes.get("/{job_id}", response_model=JobDetail, responses=openapi.problems(404))
    async def job(job_id: JobId) -> Response:
        """One job, with its document."""

        def detail() -> Response:
            return answer(job_detail(*store.detail(job_id), gateway.ray.url))

        return await asyncio.to_thread(detail)

    return routes


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
