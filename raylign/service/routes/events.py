"""A job's events, as pages and as a live stream."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import StringConstraints

from raylign.record.events.reading import MOST
from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import JobId, answer, keyed_router
from raylign.service.streams import ascii_json, event_source, wants_stream
from raylign.service.views import EventPage

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,15}$")]
MOST_KINDS = 16


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/jobs/{id}/events."""
    routes = keyed_router(gateway)

    @routes.get(
        "/{job_id}/events",
        response_model=EventPage,
        responses={200: openapi.EVENT_STREAM, **openapi.problems(404)},
    )
    async def events(
        request: Request,
        job_id: JobId,
        after: Annotated[int, Query(ge=0, le=MOST)] = 0,
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
        kind: Annotated[list[Kind] | None, Query(max_length=MOST_KINDS)] = None,
        last_event_id: Annotated[int, Header(ge=0, le=MOST)] = 0,
    ) -> Any:
        """Events above ``after``; as a live stream, resumable by Last-Event-ID, with Accept: text/event-stream.

        ``kind``: only those of this kind; may be given again.
        """
        if wants_stream(request):
            since = max(after, last_event_id)
            return await event_source(
                gateway, job_id, after=since, render=ascii_json, kinds=tuple(kind) if kind else None
            )

        def page() -> Response:
            found = gateway.store.events(job_id, after=after, limit=limit + 1, kinds=kind)
            return answer(EventPage(data=found[:limit], has_more=len(found) > limit))

        return await asyncio.to_thread(page)

    return routes
