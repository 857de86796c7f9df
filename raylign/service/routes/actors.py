"""A job's actors, and where they run."""

import asyncio

from fastapi import APIRouter, Response

from raylign.service import openapi
from raylign.service.dispatch.ray_jobs import RayActor
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import JobId, answer, keyed_router
from raylign.service.views import ActorList, ActorView


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/jobs/{id}/actors."""
    routes, ray = keyed_router(gateway), gateway.ray

    def shown(actor: RayActor) -> ActorView:
        return ActorView(
            name=actor.name,
            state=actor.state,
            node_id=actor.node_id,
            pid=actor.pid,
            ray_dashboard=f"{ray.url}/#/actors/{actor.actor_id}",
            node_dashboard=f"{ray.url}/#/cluster/nodes/{actor.node_id}" if actor.node_id else None,
        )

    @routes.get("/{job_id}/actors", response_model=ActorList, responses=openapi.problems(404, 502))
    async def actors(job_id: JobId) -> Response:
        """The actors of a job's newest attempt, by name, as Ray tells them; those that have died, too."""
        attempts = (await asyncio.to_thread(gateway.store.dossier, job_id)).attempts
        found = await ray.actors(attempts[-1].submission_id) if attempts else []
        return answer(ActorList(data=sorted(map(shown, found), key=lambda one: one.name)))

    return routes
