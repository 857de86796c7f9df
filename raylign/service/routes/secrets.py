"""Secrets: set, listed by name, deleted. None is ever read back."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from raylign.service import openapi
from raylign.service.access import Tenant
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.secret_views import NewSecret, SecretName, SecretPage, SecretView

PREFIX = "/v1/secrets"
Name = Annotated[SecretName, Path()]


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/secrets; PUT and DELETE /v1/secrets/{name}."""
    store, routes = gateway.store, keyed_router(gateway, PREFIX)

    @routes.put("/{name}", response_model=SecretView)
    async def put(who: Who, name: Name, wanted: NewSecret) -> Response:
        """Keep a secret of one's tenant, in place of what it was. Attempts that begin from now on have the new one."""
        made = await asyncio.to_thread(gateway.vault.put, who.tenant, name, wanted.value)
        return answer(SecretView.of(made))

    @routes.get("", response_model=SecretPage)
    async def secrets(who: Who, tenant: Tenant | None = None) -> Response:
        """Names of secrets: one's own; an admin's key lists everybody's, or those of ``tenant``."""
        found = await asyncio.to_thread(store.secrets, who.listed(tenant))
        return answer(SecretPage(data=list(map(SecretView.of, found))))

    @routes.delete("/{name}", status_code=204, responses=openapi.problems(404, 409))
    async def delete(who: Who, name: Name) -> Response:
        """Forget one of one's tenant. 409 while a job that has not ended names it."""
        await asyncio.to_thread(store.delete_secret, who.tenant, name)
        return Response(status_code=204)

    return routes
