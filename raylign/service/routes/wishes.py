"""What a user wants of a job: cancelled, paused, resumed, retried. All answer at once, with the job as it is then."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from raylign.service import openapi
from raylign.service.bulletin import WORK
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import JobId, answer, keyed_router
from raylign.service.views import JobView, job_view

LEAST_TTL_S = 1
MOST_TTL_S = 10 * 365 * 86400


def router(gateway: Gateway) -> APIRouter:
    """POST /v1/jobs/{id}/cancel, /pause, /resume, /retry."""
    store, bulletin, routes = gateway.store, gateway.bulletin, keyed_router(gateway)
    asked: dict[str, Any] = {"status_code": 202, "response_model": JobView, "responses": openapi.problems(404, 409)}

    async def wish(job_id: str, change: Callable[[], object]) -> Response:
        def told() -> Response:
            change()
            return answer(job_view(store.dossier(job_id), gateway.ray.url), 202)

        done = await asyncio.to_thread(told)
        bulletin.post(job_id, WORK)
        return done

    @routes.post("/{job_id}/cancel", **asked)
    async def cancel(job_id: JobId) -> Response:
        """Ask a job to stop; its last checkpoint is kept. 409 when it has ended."""
        return await wish(job_id, lambda: store.cancel(job_id))

    @routes.post("/{job_id}/pause", **asked)
    async def pause(
        job_id: JobId, ttl_s: Annotated[float | None, Query(ge=LEAST_TTL_S, le=MOST_TTL_S)] = None
    ) -> Response:
        """Ask a job to keep what it has made and give its resources back. 409 when it is being cancelled or has ended.

        After ``ttl_s`` seconds, or the service's limit where that is less, it is cancelled unless it was resumed.
        """
        ttl = min(ttl_s or gateway.pause_ttl_s, gateway.pause_ttl_s)
        return await wish(job_id, lambda: store.pause(job_id, ttl_s=ttl))

    @routes.post("/{job_id}/resume", **asked)
    async def resume(job_id: JobId) -> Response:
        """Let a paused job go on from its last checkpoint. 409 when it is being cancelled or has ended."""
        return await wish(job_id, lambda: store.resume(job_id))

    @routes.post("/{job_id}/retry", **asked)
    async def retry(job_id: JobId) -> Response:
        """Have a job that failed or was cancelled go on from its last checkpoint. 409 for any other.

        409 too for the seconds in which its last attempt still leaves the cluster.
        """
        return await wish(job_id, lambda: store.retry(job_id))

    return routes
