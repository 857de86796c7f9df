"""Models that may be asked for by name: the operator's, and what one's own jobs have made."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from raylign.service import openapi
from raylign.service.gateway import Gateway
from raylign.service.openai.objects import Listed, ModelObject
from raylign.service.results import absent
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.store import State

PREFIX = "/v1/models"
ModelWord = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.:-]{0,127}$")]
MOST = 1000
"""Results that are listed, the newest."""


def router(gateway: Gateway) -> APIRouter:
    """GET /v1/models, GET /v1/models/{model}."""
    store, routes = gateway.store, keyed_router(gateway, PREFIX, told=openapi.envelopes)

    @routes.get("", response_model=Listed[ModelObject])
    async def models(who: Who) -> Response:
        """The operator's models, then the results of one's own jobs, newest first."""

        def page() -> Response:
            named = [ModelObject(id=name, created=0, owned_by="operator") for name in gateway.fine_tuning.models]
            ended = [one.job for one in store.latest(limit=MOST, state=State.SUCCEEDED, tenant=who.tenant)]
            made = [
                ModelObject(id=job.id, created=int(job.finished_at or 0), owned_by=job.tenant)
                for job in ended
                if gateway.results.model(job)
            ]
            return answer(Listed[ModelObject](data=[*named, *made], has_more=len(ended) == MOST))

        return await asyncio.to_thread(page)

    @routes.get("/{model}", response_model=ModelObject, responses=openapi.envelopes(404))
    async def model(who: Who, model: ModelWord) -> Response:
        """One of them; also a job's checkpoint, ``job_...:step-20``."""

        def one() -> Response:
            if model in gateway.fine_tuning.models:
                return answer(ModelObject(id=model, created=0, owned_by="operator"))
            gateway.results.find(who.tenant, model)
            job_id = model.partition(":")[0]
            if (tenant := store.tenant_of(job_id)) is None:
                raise absent(model)
            return answer(ModelObject(id=model, created=int(store.get(job_id).created_at), owned_by=tenant))

        return await asyncio.to_thread(one)

    return routes
