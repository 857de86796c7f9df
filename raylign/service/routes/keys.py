"""API keys, for holders of one with the scope admin."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import StringConstraints

from raylign.service import openapi
from raylign.service.access import Scope, Tenant
from raylign.service.gateway import Gateway
from raylign.service.key_views import KeyPage, KeyView, MadeKey, NewKey
from raylign.service.keyring import make_key, rotate_key
from raylign.service.routes.keyed import answer, keyed_router
from raylign.service.store import KeyRecord

PREFIX = "/v1/keys"
KeyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,32}$")]
MOST_GRACE_S = 30 * 86_400.0


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/keys, POST /v1/keys/{id}/revoke and /rotate."""
    store, routes = gateway.store, keyed_router(gateway, PREFIX, needs=Scope.ADMIN)

    def made(key: KeyRecord, text: str) -> Response:
        return answer(MadeKey(**dict(KeyView.of(key)), key=text), 201)

    @routes.post("", response_model=MadeKey, status_code=201)
    async def make(wanted: NewKey) -> Response:
        """A new key. It is shown this once: only its hash is kept."""
        told = dict(wanted)
        return made(*await asyncio.to_thread(lambda: make_key(store, **told)))

    @routes.get("", response_model=KeyPage)
    async def keys(tenant: Tenant | None = None) -> Response:
        """All keys, or a tenant's, oldest first, with those that are no longer taken."""
        found = await asyncio.to_thread(lambda: store.all_keys(tenant=tenant))
        return answer(KeyPage(data=list(map(KeyView.of, found))))

    @routes.post("/{key_id}/revoke", response_model=KeyView, responses=openapi.problems(404))
    async def revoke(key_id: KeyId) -> Response:
        """Take a key no more, from now on."""
        revoked = await asyncio.to_thread(store.revoke_key, key_id)
        gateway.authenticator.forget(key_id)
        return answer(KeyView.of(revoked))

    @routes.post("/{key_id}/rotate", response_model=MadeKey, status_code=201, responses=openapi.problems(404))
    async def rotate(key_id: KeyId, grace_s: Annotated[float, Query(ge=0, le=MOST_GRACE_S)] = 0) -> Response:
        """A new key in the place of another, which is taken for ``grace_s`` more seconds."""
        told = await asyncio.to_thread(lambda: rotate_key(store, key_id, grace_s=grace_s))
        gateway.authenticator.forget(key_id)
        return made(*told)

    return routes
