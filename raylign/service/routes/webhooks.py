"""Webhooks: made, listed, looked at, deleted."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from raylign.service import openapi
from raylign.service.access import Tenant
from raylign.service.gateway import Gateway
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.store import WebhookRecord
from raylign.service.store.ids import new_id
from raylign.service.webhook_views import MadeWebhook, NewWebhook, WebhookDetail, WebhookPage, WebhookView
from raylign.service.webhooks.address import read_target
from raylign.service.webhooks.signature import new_secret

PREFIX = "/v1/webhooks"
WebhookId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def router(gateway: Gateway) -> APIRouter:
    """POST and GET /v1/webhooks, GET and DELETE /v1/webhooks/{id}."""
    store, routes = gateway.store, keyed_router(gateway, PREFIX)

    @routes.post("", response_model=MadeWebhook, status_code=201)
    async def make(who: Who, wanted: NewWebhook) -> Response:
        """Be told of the end of every job of one's tenant. The secret is shown this once."""
        read_target(wanted.url, private=gateway.allowance.private_webhooks)
        made = WebhookRecord(
            id=new_id("wh"), tenant=who.tenant, url=wanted.url, secret=new_secret(), created_at=time.time()
        )
        await asyncio.to_thread(store.add_webhook, made)
        shown = MadeWebhook(**dict(WebhookView.of(made)), secret=made.secret)
        return answer(shown, 201, Location=f"{PREFIX}/{made.id}")

    @routes.get("", response_model=WebhookPage)
    async def webhooks(who: Who, tenant: Tenant | None = None) -> Response:
        """Webhooks, oldest first: one's own; an admin's key lists everybody's, or those of ``tenant``."""
        found = await asyncio.to_thread(store.webhooks, who.listed(tenant))
        return answer(WebhookPage(data=list(map(WebhookView.of, found))))

    @routes.get("/{webhook_id}", response_model=WebhookDetail, responses=openapi.problems(404))
    async def webhook(who: Who, webhook_id: WebhookId) -> Response:
        """One webhook, and what came of its newest messages."""
        hook, sent = await asyncio.to_thread(store.webhook, webhook_id, who.reach)
        return answer(WebhookDetail.with_deliveries(hook, sent))

    @routes.delete("/{webhook_id}", status_code=204, responses=openapi.problems(404))
    async def delete(who: Who, webhook_id: WebhookId) -> Response:
        """Tell it no more, also of what was still to be told."""
        await asyncio.to_thread(store.delete_webhook, webhook_id, who.reach)
        return Response(status_code=204)

    return routes
