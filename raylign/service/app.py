"""The REST API."""

import asyncio
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.sse import EventSourceResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from raylign import __version__
from raylign.errors import JobNotFound, RayRefused, RayUnreachable, SpecError, Unauthorized
from raylign.record.events import Event
from raylign.record.history import flat_metrics
from raylign.service import openapi, problems
from raylign.service.bodies import Bodies
from raylign.service.bulletin import WORK, Bulletin
from raylign.service.dispatch.ray_jobs import RayJobs
from raylign.service.store import Dossier, State, Store
from raylign.service.streams import Render, ascii_json, stream
from raylign.service.views import (
    MOST_EVENTS,
    EventPage,
    JobDetail,
    JobPage,
    JobView,
    MetricsPage,
    MetricsRow,
    Readiness,
    Report,
    ReportAnswer,
    job_detail,
    job_view,
)
from raylign.spec import parse_job
from raylign.spec.document import MAX_BYTES, read_json, read_yaml

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")
MAX_REPORT = 8_000_000
"""Bytes of a driver's batch; `raylign.service.reporter.BATCH_BYTES` is well below."""
MAX_ATTEMPT = 2**31 - 1
PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
METRIC_KINDS = ("step", "evaluation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """What the routes work on."""

    store: Store
    bulletin: Bulletin
    ray: RayJobs
    api_key: str
    allowed_hosts: Sequence[str] = ()
    """Names, besides this machine's own, under which clients may call: a stop to DNS rebinding."""


def create_app(gateway: Gateway) -> FastAPI:
    """The API over a store."""
    # The pages under /docs come with their scripts: they work where the internet does not.
    app = FastAPIOffline(title="raylign", version=__version__, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, *gateway.allowed_hosts])
    problems.install(app)
    openapi.install(app)
    bodies = Bodies()
    app.include_router(_jobs(gateway, bodies))
    app.include_router(_driver(gateway, bodies))
    app.include_router(_probes(gateway))
    return app


def _jobs(gateway: Gateway, bodies: Bodies) -> APIRouter:
    store, bulletin = gateway.store, gateway.bulletin
    bearer = HTTPBearer(auto_error=False, description="The API key")

    # Not a plain function: FastAPI would send each request to a thread and back for it.
    async def authorize(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        given = credentials.credentials if credentials else ""
        if not hmac.compare_digest(given.encode(), gateway.api_key.encode()):
            raise Unauthorized("send the API key: `Authorization: Bearer KEY`; it is in the file api_key of the home")

    router = APIRouter(
        prefix="/v1/jobs",
        dependencies=[Depends(authorize)],
        responses={**openapi.FOREIGN_HOST, **openapi.problems(401, 422, 503)},
    )

    @router.post(
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
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255, pattern=PRINTABLE)] = None,
    ) -> Response:
        """Queue a job: the job document as JSON or YAML. 200 where the Idempotency-Key has made this job before."""
        kind = request.headers.get("content-type", "")

        def queue(body: bytes) -> Response:
            made, created = store.create(parse_job(_document(body, kind)), key=idempotency_key)
            found = Dossier(job=made, attempts=[]) if created else store.dossier(made.id)
            shown = job_view(found, gateway.ray.url)
            return _answer(shown, 201 if created else 200, Location=shown.links.self)

        async with bodies.read(request, MAX_BYTES) as body:
            answer = await asyncio.to_thread(queue, body)
        bulletin.post(WORK)
        return answer

    @router.get("", response_model=JobPage)
    async def jobs(
        limit: Annotated[int, Query(ge=1, le=200)] = 50, before: JobId | None = None, state: State | None = None
    ) -> Response:
        """Jobs, newest first."""

        def page() -> Response:
            found = store.latest(limit=limit + 1, before=before, state=state)
            shown = [job_view(one, gateway.ray.url) for one in found[:limit]]
            return _answer(JobPage(data=shown, has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    @router.get("/{job_id}", response_model=JobDetail, responses=openapi.problems(404))
    async def job(job_id: JobId) -> Response:
        """One job, with its document."""

        def detail() -> Response:
            return _answer(job_detail(*store.detail(job_id), gateway.ray.url))

        return await asyncio.to_thread(detail)

    @router.post("/{job_id}/cancel", status_code=202, response_model=JobView, responses=openapi.problems(404, 409))
    async def cancel(job_id: JobId) -> Response:
        """Ask a job to stop. 409 when it has ended."""

        def stop() -> Response:
            store.cancel(job_id)
            return _answer(job_view(store.dossier(job_id), gateway.ray.url), 202)

        answer = await asyncio.to_thread(stop)
        bulletin.post(job_id, WORK)
        return answer

    @router.get(
        "/{job_id}/events",
        response_model=EventPage,
        responses={200: openapi.EVENT_STREAM, **openapi.problems(404)},
    )
    async def events(
        request: Request,
        job_id: JobId,
        after: Annotated[int, Query(ge=0, le=MOST_EVENTS)] = 0,
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
        last_event_id: Annotated[int, Header(ge=0, le=MOST_EVENTS)] = 0,
    ) -> Any:
        """Events above ``after``; as a live stream, resumable by Last-Event-ID, with Accept: text/event-stream."""
        if _wants_stream(request):
            return await _stream(job_id, after=max(after, last_event_id), render=ascii_json)

        def page() -> Response:
            found = store.events(job_id, after=after, limit=limit + 1)
            return _answer(EventPage(data=found[:limit], has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    @router.get(
        "/{job_id}/metrics",
        response_model=MetricsPage,
        responses={200: openapi.EVENT_STREAM, **openapi.problems(404)},
    )
    async def metrics(
        request: Request,
        job_id: JobId,
        after: Annotated[int, Query(ge=0, le=MOST_EVENTS)] = 0,
        last_event_id: Annotated[int, Header(ge=0, le=MOST_EVENTS)] = 0,
    ) -> Any:
        """The numbers of every step and evaluation; streams like events."""
        if _wants_stream(request):
            return await _stream(job_id, after=max(after, last_event_id), render=_metrics_json, kinds=METRIC_KINDS)

        def page() -> Response:
            found = store.events(job_id, after=after, limit=1_000_000, kinds=METRIC_KINDS)
            rows = {(row.kind, row.step): row for row in map(metrics_row, found)}
            return _answer(MetricsPage(data=sorted(rows.values(), key=lambda row: row.seq)))

        return await asyncio.to_thread(page)

    @router.get(
        "/{job_id}/report",
        response_class=HTMLResponse,
        responses=openapi.problems(404),
    )
    def report(job_id: JobId) -> FileResponse:
        """The run's HTML report."""
        found = store.get(job_id)
        path = Path(found.run_dir) / "report.html" if found.run_dir else None
        if path is None or not path.is_file():
            raise JobNotFound(f"job {job_id!r} is {found.state.value} and has no report yet")
        # It shows what models wrote: nothing in it may run or load anything.
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": policy})

    async def _stream(
        job_id: str, *, after: int, render: Render, kinds: Sequence[str] | None = None
    ) -> EventSourceResponse:
        await asyncio.to_thread(store.get, job_id)  # a 404 now, not a broken stream later
        body = stream(store, bulletin, job_id, after=after, render=render, kinds=kinds)
        return EventSourceResponse(body, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})

    return router


def _driver(gateway: Gateway, bodies: Bodies) -> APIRouter:
    router = APIRouter(prefix="/v1/jobs")
    bearer = HTTPBearer(auto_error=False, scheme_name="AttemptToken", description="The attempt's own token")

    @router.post("/{job_id}/attempts/{n}/reports", response_model=ReportAnswer, include_in_schema=False)
    async def reports(
        request: Request,
        job_id: JobId,
        n: Annotated[int, PathParameter(ge=1, le=MAX_ATTEMPT)],
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Any:
        """A driver's batch of events. The answer says what it should do. 409 with ``next_seq`` where events lack."""
        token = credentials.credentials if credentials else ""
        await asyncio.to_thread(gateway.store.authorize, job_id, n, token)  # before a byte of the body is read
        try:
            async with bodies.read(request, MAX_REPORT) as body:
                batch = await asyncio.to_thread(Report.model_validate_json, body)
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None
        receipt = await asyncio.to_thread(gateway.store.report, job_id, n, token, batch.events)
        gateway.bulletin.post(job_id)
        if receipt.gap:
            detail = f"the batch begins after event {receipt.next_seq}: send from there"
            return problems.problem(409, detail, next_seq=receipt.next_seq, desired=receipt.desired)
        return ReportAnswer(desired=receipt.desired, next_seq=receipt.next_seq)

    return router


def _probes(gateway: Gateway) -> APIRouter:
    router = APIRouter()

    @router.get("/livez", responses=openapi.FOREIGN_HOST)
    async def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @router.get("/readyz", responses={503: {"model": Readiness}, **openapi.FOREIGN_HOST})
    async def readyz(response: Response) -> Readiness:
        """The store answers, at the newest schema. Ray's absence is told, but does not make the gateway unready."""
        ready = await asyncio.to_thread(gateway.store.ready)
        try:
            ray: dict[str, Any] = {"reachable": True, "version": await gateway.ray.version()}
        except (RayUnreachable, RayRefused) as error:
            ray = {"reachable": False, "detail": str(error)}
        response.status_code = 200 if ready else 503
        return Readiness(store=ready, ray=ray)

    return router


def _answer(shown: BaseModel, status: int = 200, **headers: str) -> Response:
    """What was made here needs no second look: FastAPI would check it again, and on the event loop."""
    content = shown.model_dump_json().encode()
    return Response(content, status, headers, media_type="application/json")


def metrics_row(event: Event) -> MetricsRow:
    """A step or evaluation event as a row of numbers."""
    return MetricsRow(
        seq=event.seq, time=event.time, kind=event.kind, step=event.data.get("step", 0), metrics=flat_metrics(event)
    )


def _metrics_json(event: Event) -> str:
    return json.dumps(json.loads(metrics_row(event).model_dump_json()))


def _wants_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _document(body: bytes, content_type: str) -> Any:
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind in ("", "application/json"):
            return read_json(body)
        if kind in ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"):
            return read_yaml(body)
    except SpecError as error:
        raise SpecError(f"the body is not {kind or 'application/json'}: {error}") from None
    raise HTTPException(415, f"content type {kind!r} is not taken: send application/json or application/yaml")
