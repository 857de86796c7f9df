"""What users' routes have in common: they lie under /v1/jobs, behind the API key."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, StringConstraints

from raylign.errors import Unauthorized
from raylign.service import openapi
from raylign.service.gateway import Gateway

PREFIX = "/v1/jobs"
JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def keyed_router(gateway: Gateway) -> APIRouter:
    """A router that answers 401 to whoever does not send the gateway's key."""
    bearer = HTTPBearer(auto_error=False, description="The API key")

    # Not a plain function: FastAPI would send each request to a thread and back for it.
    async def authorize(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        given = credentials.credentials if credentials else ""
        if not hmac.compare_digest(given.encode(), gateway.api_key.encode()):
            raise Unauthorized("send the API key: `Authorization: Bearer KEY`; it is in the file api_key of the home")

    return APIRouter(
        prefix=PREFIX,
        dependencies=[Depends(authorize)],
        responses={**openapi.FOREIGN_HOST, **openapi.problems(401, 422, 503)},
    )


def answer(shown: BaseModel, status: int = 200, **headers: str) -> Response:
    """What was made here needs no second look: FastAPI would check it again, and on the event loop."""
    content = shown.model_dump_json().encode()
    return Response(content, status, headers, media_type="application/json")
