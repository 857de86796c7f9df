"""What users' routes have in common: a key that says whose they are, and what it may be used for.

Every noun's routes begin with

    routes = keyed_router(gateway, "/v1/datasets")

    @routes.get("")
    async def datasets(who: Who, tenant: Tenant | None = None) -> Response:
        found = store.datasets(tenant=who.listed(tenant))   # one's own; an admin's: ?tenant=, or all
    @routes.post("")
    async def upload(who: Who, ...) -> Response:
        await gateway.quotas.require_room(who, size)        # 429 where its tenant may store no more
        made = store.add_dataset(..., tenant=who.tenant)    # whose it will be
    @routes.get("/{dataset_id}")
    async def dataset(who: Who, dataset_id: DatasetId) -> Response:
        found = store.dataset(dataset_id)                   # raises the noun's error of what is not there
        if not who.sees(found.tenant):
            raise absent(dataset_id)                        # the same error, word for word: never 403

Before any of them runs, here and by the router alone, the key is looked at (401), its scope (403: GET and HEAD need
``read``, all else ``submit``; ``needs=`` says otherwise), how often its tenant asks (429), and a ``{job_id}`` in the
path (404 where it is another tenant's: job routes need no check of their own, under any prefix).
"""

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, StringConstraints

from raylign.service import openapi
from raylign.service.access import Caller, Scope
from raylign.service.gateway import Gateway
from raylign.service.seal import JOB_ID

PREFIX = "/v1/jobs"
JobId = Annotated[str, StringConstraints(pattern=JOB_ID)]
READING = frozenset({"GET", "HEAD"})


async def caller_of(request: Request) -> Caller:
    """Who sends a request to a route of a `keyed_router`, which has looked at the key."""
    return cast(Caller, request.state.caller)


Who = Annotated[Caller, Depends(caller_of)]
"""A route's parameter: its caller."""


def keyed_router(
    gateway: Gateway,
    prefix: str = PREFIX,
    *,
    needs: Scope | None = None,
    told: Callable[..., dict[int | str, dict[str, Any]]] = openapi.problems,
) -> APIRouter:
    """A router whose routes answer holders of keys alone, each as far as its scopes and its tenant reach.

    ``needs``: the scope for all of its routes, where that does not follow from the method: `Scope.ADMIN`, or
    `Scope.READ` for a POST that changes nothing. ``told``: the form of its errors.
    """
    bearer = HTTPBearer(auto_error=False, description="An API key")

    # Not a plain function: FastAPI would send each request to a thread and back for it.
    async def authorize(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> None:
        caller = await gateway.authenticator.caller(credentials.credentials if credentials else "")
        request.state.caller = caller  # whatever comes of it: the audit log names who was refused, too
        caller.require(needs or (Scope.READ if request.method in READING else Scope.SUBMIT))
        await gateway.quotas.count_request(caller)
        if (job_id := request.path_params.get("job_id")) is not None:
            await gateway.seal.check(caller, job_id)

    return APIRouter(
        prefix=prefix,
        dependencies=[Depends(authorize)],
        responses={**openapi.FOREIGN_HOST, **told(401, 403, 422, 429, 503)},
    )


def answer(shown: BaseModel, status: int = 200, **headers: str) -> Response:
    """What was made here needs no second look: FastAPI would check it again, and on the event loop."""
    content = shown.model_dump_json().encode()
    return Response(content, status, headers, media_type="application/json")
