"""What drivers report: the one way for events to come in, and for the user's wish to go out."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import ValidationError

from raylign.service.gateway import Gateway
from raylign.service.problems import problem
from raylign.service.routes.keyed import PREFIX, JobId
from raylign.service.views import Report, ReportAnswer

MAX_REPORT = 8_000_000
"""Bytes of a driver's batch; `raylign.service.reporter.BATCH_BYTES` is well below."""
MAX_ATTEMPT = 2**31 - 1


def router(gateway: Gateway) -> APIRouter:
    """POST /v1/jobs/{id}/attempts/{n}/reports, with the attempt's own token."""
    routes = APIRouter(prefix=PREFIX)
    bearer = HTTPBearer(auto_error=False, scheme_name="AttemptToken", description="The attempt's own token")

    @routes.post("/{job_id}/attempts/{n}/reports", response_model=ReportAnswer, include_in_schema=False)
    async def reports(
        request: Request,
        job_id: JobId,
        n: Annotated[int, PathParameter(ge=1, le=MAX_ATTEMPT)],
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> Any:
        """A driver's batch of events. The answer says what it should do. 409 with ``next_seq`` where events lack."""
        token = credentials.credentials if credentials else ""
        await asyncio.to_thread(gateway.store.authorize, job_id, n, token)  # before a byte of the body is read
        try:
            async with gateway.bodies.read(request, MAX_REPORT) as body:
                batch = await asyncio.to_thread(Report.model_validate_json, body)
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None
        receipt = await asyncio.to_thread(gateway.store.report, job_id, n, token, batch.events)
        gateway.bulletin.post(job_id)
        if receipt.gap:
            detail = f"the batch begins after event {receipt.next_seq}: send from there"
            return problem(409, detail, next_seq=receipt.next_seq, desired=receipt.desired)
        return ReportAnswer(desired=receipt.desired, next_seq=receipt.next_seq)

    return routes
