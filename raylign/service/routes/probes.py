"""Probes of the gateway itself, without a key."""

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from raylign import __version__
from raylign.errors import RayRefused, RayUnreachable
from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.views import Readiness


def router(gateway: Gateway) -> APIRouter:
    """GET /livez, GET /readyz."""
    routes = APIRouter()

    @routes.get("/livez", responses=openapi.FOREIGN_HOST)
    async def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @routes.get("/readyz", responses={503: {"model": Readiness}, **openapi.FOREIGN_HOST})
    async def readyz(response: Response) -> Readiness:
        """The store answers, at the newest schema. Ray's absence is told, but does not make the gateway unready."""
        ready = await asyncio.to_thread(gateway.store.ready)
        try:
            ray: dict[str, Any] = {"reachable": True, "version": await gateway.ray.version()}
        except (RayUnreachable, RayRefused) as error:
            ray = {"reachable": False, "detail": str(error)}
        response.status_code = 200 if ready else 503
        return Readiness(store=ready, ray=ray)

    return routes
