"""What a job may say, and what one would be: asked before it is submitted."""

import asyncio
from functools import cache

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from raylign.errors import SpecError
from raylign.service import openapi
from raylign.service.drafting import drafted
from raylign.service.foretelling import foretell
from raylign.service.gateway import Gateway
from raylign.service.routes.jobs import read_document
from raylign.service.routes.keyed import Who, answer, keyed_router
from raylign.service.templates import templates
from raylign.service.views import DraftView, FaultView, NewDraft, PlanView, TemplateList
from raylign.spec.document import MAX_BYTES
from raylign.spec.recipe import AnyWork


@cache
def schema_json() -> bytes:
    """The JSON schema of a job."""
    schema = TypeAdapter(AnyWork).json_schema()
    return TypeAdapter(dict).dump_json(schema)


def router(gateway: Gateway) -> APIRouter:
    """POST /v1/plans and /v1/drafts, GET /v1/schema, GET /v1/templates."""
    routes = keyed_router(gateway, "/v1")

    @routes.post(
        "/plans", response_model=PlanView, responses=openapi.problems(408, 413, 415), openapi_extra=openapi.JOB_BODY
    )
    async def plan(request: Request, who: Who) -> Response:
        """What a job would be, were it submitted: what is wrong with it and where, or where it would run and on what.

        Looked at as a submit looks, no further; nothing is made or kept.
        """
        kind = request.headers.get("content-type", "")
        async with gateway.bodies.read(request, MAX_BYTES) as body:
            try:
                document = await asyncio.to_thread(read_document, body, kind)
            except SpecError as error:
                return answer(PlanView(errors=[FaultView(message=str(error))]))
            return answer(await foretell(gateway, who, document, body.decode("utf-8-sig")))

    @routes.get("/templates", response_model=TemplateList)
    async def jobs_to_begin_with() -> Response:
        """Documents of jobs, with comments: a skeleton and, where the service has them, raylign's examples."""
        return answer(TemplateList.model_validate({"data": await asyncio.to_thread(templates)}, from_attributes=True))

    @routes.post("/drafts", response_model=DraftView)
    async def draft(who: Who, wanted: NewDraft) -> Response:
        """A first job for a model and a dataset, as `raylign init` writes it. Nothing is made or kept."""
        text = await drafted(gateway, who, model=wanted.model, dataset=wanted.dataset, method=wanted.method)
        return answer(DraftView(text=text))

    @routes.get("/schema")
    async def schema() -> Response:
        """The JSON schema of a job: every key, its range, its meaning."""
        return Response(await asyncio.to_thread(schema_json), media_type="application/json")

    return routes
