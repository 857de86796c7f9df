"""A job's numbers: one row of each step and evaluation."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, StepDone
from raylign.record.events.reading import MOST
from raylign.record.metrics import flat_metrics
from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import JobId, answer, keyed_router
from raylign.service.streams import event_source, wants_stream
from raylign.service.views import MetricsPage, MetricsRow

KINDS = (StepDone.kind, EvaluationDone.kind)


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/jobs/{id}/metrics."""
    routes = keyed_router(gateway)

    @routes.get(
        "/{job_id}/metrics",
        response_model=MetricsPage,
        responses={200: openapi.EVENT_STREAM, **openapi.problems(404)},
    )
    async def metrics(
        request: Request,
        job_id: JobId,
        after: Annotated[int, Query(ge=0, le=MOST)] = 0,
        last_event_id: Annotated[int, Header(ge=0, le=MOST)] = 0,
    ) -> Any:
        """The numbers of every step and evaluation; streams like events."""
        if wants_stream(request):
            return await event_source(gateway, job_id, after=max(after, last_event_id), render=_row_json, kinds=KINDS)

        def page() -> Response:
            found = gateway.store.events(job_id, after=after, limit=1_000_000, kinds=KINDS)
            rows = {(row.stage, row.kind, row.step): row for row in map(metrics_row, found) if row}
            return answer(MetricsPage(data=sorted(rows.values(), key=lambda row: row.seq)))

        return await asyncio.to_thread(page)

    return routes


def metrics_row(event: Event) -> MetricsRow | None:
    """A step or evaluation as a row of numbers; None of what is neither."""
    match event.said:
        case StepDone(step=step, stage=stage) | EvaluationDone(step=step, stage=stage):
            metrics = flat_metrics(event.said)
            return MetricsRow(seq=event.seq, time=event.time, kind=event.kind, stage=stage, step=step, metrics=metrics)
    return None


def _row_json(event: Event) -> str | None:
    row = metrics_row(event)
    return json.dumps(json.loads(row.model_dump_json())) if row else None
