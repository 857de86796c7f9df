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
    LabelQueueNotFound,
    ModelNotFound,
    NotAnsweringYet,
    OverQuota,
    PlanError,
    RaylignError,
    RayRefused,
    RayUnreachable,
    SecretNotFound,
    ServiceError,
    SpecError,
    StoreError,
    StoreUnavailable,
    Taken,
    Unauthorized,
    WebhookNotFound,
)
from raylign.service import envelope

STATUS: Mapping[type[RaylignError], int] = {
    SpecError: 422,
    PlanError: 422,
    JobNotFound: 404,
    JobConflict: 409,
    KeyNotFound: 404,
    WebhookNotFound: 404,
    LabelQueueNotFound: 404,
    SecretNotFound: 404,
    DatasetNotFound: 404,
    ModelNotFound: 404,
    Taken: 409,
    Unauthorized: 401,
    Forbidden: 403,
    OverQuota: 429,
    NotAnsweringYet: 503,
    ServiceError: 502,
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
FINAL = frozenset({400, 401, 403, 404, 409, 422})
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
    body = {
        "type": kind,
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": _plain(detail),
        **extra,
    }
    return JSONResponse(body, status_code=status, headers=_headers(status), media_type=PROBLEM_JSON)


def _headers(status: int) -> dict[str, str]:
    final = {"x-should-retry": "false"} if status in FINAL else {}
    more = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": RETRY_S}, 503: {"Retry-After": RETRY_S}}
    return final | more.get(status, {})


def _plain(detail: str) -> str:
    """Bounded, and as UTF-8 can send it: without halves of surrogate pairs."""
    detail = detail if len(detail) <= LONGEST else detail[:LONGEST] + " ..."
    return detail.encode(errors="replace").decode()


def status_of(error: RaylignError) -> int:
    """HTTP status of an error: that of its nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def install(app: FastAPI) -> None:
    """Make the app answer every error as a problem."""

    @app.exception_handler(RaylignError)
    async def raylign_error(request: Request, error: RaylignError) -> JSONResponse:
        name = type(error).__name__
        return _told(request, status_of(error), str(error), kind=f"urn:raylign:{name}", code=name)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400 and error.__cause__ is not None:  # FastAPI's, of a body that no parser can read
            return _told(request, 422, f"the body is not JSON in UTF-8: {str(error.__cause__)[:200]}")
        answer = _told(request, error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        places = [f"{'.'.join(map(str, one['loc']))[:200]}: {one['msg'][:200]}" for one in faults[:MOST_SHOWN]]
        more = [f"and {len(faults) - MOST_SHOWN} more"] * (len(faults) > MOST_SHOWN)
        field = ".".join(map(str, faults[0]["loc"][1:]))[:200] if faults else ""
        return _told(request, 422, "; ".join([*places, *more]), param=field or None)


def _told(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str = "about:blank",
    code: str | None = None,
    param: str | None = None,
) -> JSONResponse:
    """An error in the form of the routes that were asked."""
    if not envelope.speaks(request.url.path):
        return problem(status, detail, kind=kind)
    content = envelope.enveloped(status, _plain(detail), code=code, param=param)
    status = envelope.status_of(status)
    return JSONResponse(content, status_code=status, headers=_headers(status))
