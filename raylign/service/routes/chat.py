"""Chat with a model, as OpenAI's clients ask for it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import ValidationError

from raylign.errors import ServiceError, SpecError
from raylign.service import openapi
from raylign.service.answering.served import SERVED_AS
from raylign.service.envelope import enveloped
from raylign.service.gateway import Gateway
from raylign.service.openai.chat import ChatQuestion
from raylign.service.routes.keyed import Who, keyed_router
from raylign.spec.explain import explain

PREFIX = "/v1/chat"
MAX_BYTES = 4_000_000


def router(gateway: Gateway) -> APIRouter:
    """POST /v1/chat/completions."""
    routes = keyed_router(gateway, PREFIX, told=openapi.envelopes)

    @routes.post(
        "/completions",
        responses={**openapi.envelopes(404, 408, 413, 500, 502), 200: openapi.CHAT_ANSWER},
        openapi_extra=openapi.body_of(ChatQuestion),
    )
    async def complete(request: Request, who: Who) -> Response:
        """Ask a model: an operator's, or what one's own jobs have made. The first question starts its engine."""
        async with gateway.bodies.read(request, MAX_BYTES) as body:
            asked = _read(body)
        model = await asyncio.to_thread(gateway.find_model, who.tenant, asked.model)
        question = {**asked.model_dump(mode="json", exclude_none=True, exclude={"user"}), "model": SERVED_AS}
        stack = contextlib.AsyncExitStack()
        try:
            answer = await stack.enter_async_context(gateway.engines.ask(model, question))
            if asked.stream and answer.is_success:
                told = _pieces(stack, answer, asked.model)
                return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
            content = _named(await answer.aread(), asked.model)
        except BaseException as error:
            await stack.aclose()
            if isinstance(error, httpx.HTTPError | ValueError) and not isinstance(error, SpecError):
                raise ServiceError(f"the model broke off ({type(error).__name__}): ask again") from error
            raise
        await stack.aclose()
        if answer.is_client_error:
            said = str(content.get("error", {}).get("message", "the model refuses it"))
            return JSONResponse(enveloped(400, said[:2000], code=None, param=None), 400)
        if not answer.is_success:
            raise ServiceError(f"the model answered {answer.status_code}: ask again")
        return JSONResponse(content)

    return routes


def _read(body: bytes) -> ChatQuestion:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"the body is not JSON in UTF-8: {error}") from None
    try:
        return ChatQuestion.model_validate(document)
    except ValidationError as error:
        raise SpecError(explain(error, document, ChatQuestion)) from None


def _named(body: bytes, model: str) -> dict[str, Any]:
    """An answer under the name that was asked for."""
    content: dict[str, Any] = json.loads(body)
    return {**content, "model": model} if "model" in content else content


async def _pieces(stack: contextlib.AsyncExitStack, answer: httpx.Response, model: str) -> AsyncIterator[bytes]:
    """Consumes: the engine's events. An engine that breaks off ends them without their last one, ``[DONE]``."""
    async with stack:
        with contextlib.suppress(httpx.HTTPError):
            async for line in answer.aiter_lines():
                head, _, data = line.partition(": ")
                if head == "data" and data.startswith("{"):
                    line = f"data: {json.dumps(_named(data.encode(), model))}"
                yield f"{line}\n".encode()
