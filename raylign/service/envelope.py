"""Errors in OpenAI's form, on the routes that speak like its API: ``{"error": {message, type, param, code}}``."""

from typing import Any

from pydantic import BaseModel

PATHS = ("/v1/files", "/v1/fine_tuning", "/v1/models", "/v1/chat")
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    409: "conflict_error",
    429: "rate_limit_error",
}
"""By status; all else is a ``server_error``."""


class Fault(BaseModel):
    """What is wrong."""

    message: str
    type: str
    param: str | None
    """The field that it is of."""
    code: str | None


class Envelope(BaseModel):
    """An error as OpenAI's clients read it."""

    error: Fault


def speaks(path: str) -> bool:
    """Whether a route's errors have this form."""
    return any(path == one or path.startswith(f"{one}/") for one in PATHS)


def status_of(status: int) -> int:
    """What those clients expect: a request that is wrong in itself is answered by 400."""
    return 400 if status in (415, 422) else status


def enveloped(status: int, message: str, *, code: str | None, param: str | None) -> dict[str, Any]:
    """The body."""
    kind = TYPES.get(status_of(status), "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
