"""Errors as ``application/problem+json`` (RFC 9457). The one table from raylign's errors to HTTP."""

import http
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from raylign.errors import (
    DatasetNotFound,
    Forbidden,
    JobConflict,
    JobNotFound,
    KeyNotFound,
    OverQuota,
    PlanError,
    RaylignError,
    RayRefused,
    RayUnreachable,
    SpecError,
    StoreError,
    StoreUnavailable,
    Taken,
    Unauthorized,
)

STATUS: Mapping[type[RaylignError], int] = {
    SpecError: 422,
    PlanError: 422,
    JobNotFound: 404,
    JobConflict: 409,
    KeyNotFound: 404,
    DatasetNotFound: 404,
    Taken: 409,
    Unauthorized: 401,
    Forbidden: 403,
    OverQuota: 429,
    RayUnreachable: 503,
    RayRefused: 502,
    StoreUnavailable: 503,
    StoreError: 500,
    RaylignError: 500,
}
PROBLEM_JSON = "application/problem+json"
MOST_SHOWN = 5
"""Faults of one body that an answer lists."""
LONGEST = 4000
"""Characters of an answer's detail: what was sent is not sent back at length."""
RETRY_S = "30"
"""Seconds, as a header, where it is not known when something ends."""
FINAL = frozenset({401, 403, 404, 409, 422})
"""Sending the same request again cannot help; some clients would on 409."""


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    """``urn:raylign:`` and the error's name, or ``about:blank`` where the status says all."""
    title: str
    status: int
    detail: str
    """What happened, the value, and what to do about it."""


def problem(status: int, detail: str, *, kind: str = "about:blank", **extra: Any) -> JSONResponse:
    """A problem document. ``extra``: members of its own."""
    title = http.HTTPStatus(status).phrase
    headers = {"x-should-retry": "false"} if status in FINAL else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 429:
        headers["Retry-After"] = RETRY_S
    detail = detail if len(detail) <= LONGEST else detail[:LONGEST] + " ..."
    # A lone surrogate cannot be sent as UTF-8.
    plain = detail.encode(errors="replace").decode()
    body = {"type": kind, "title": title, "status": status, "detail": plain, **extra}
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM_JSON)


def status_of(error: RaylignError) -> int:
    """HTTP status of an error: that of its nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def install(app: FastAPI) -> None:
    """Make the app answer every error as a problem."""

    @app.exception_handler(RaylignError)
    async def raylign_error(_: Request, error: RaylignError) -> JSONResponse:
        return problem(status_of(error), str(error), kind=f"urn:raylign:{type(error).__name__}")

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        answer = problem(error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        places = [f"{'.'.join(map(str, one['loc']))[:200]}: {one['msg'][:200]}" for one in faults[:MOST_SHOWN]]
        more = [f"and {len(faults) - MOST_SHOWN} more"] * (len(faults) > MOST_SHOWN)
        return problem(422, "; ".join([*places, *more]))
