"""An engine as its own server would answer, on no port: what Ray starts, what its log tells, what it says."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from service import FakeRay

from raylign.service.answering.engines import Chat, Engines
from raylign.service.answering.notice import notice

WORDS = ("Four", " and", " no more")


@dataclass
class FakeEngines:
    """All engines of a gateway, each at an address of its own."""

    ray: FakeRay
    up: bool = True
    """Whether new ones come up."""
    tokens: dict[str, str] = field(default_factory=dict)
    """By host."""
    asked: list[dict] = field(default_factory=list)
    gone: dict[str, Any] = field(default_factory=dict)
    """How those that left are met, by host: an error, or another process there."""
    hold: asyncio.Event | None = None
    """Answers wait for it."""

    def transport(self) -> httpx.AsyncBaseTransport:
        fake, app = self, httpx.ASGITransport(self._app())

        class Wire(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                how = fake.gone.get(request.url.host, None if fake.up else httpx.ConnectError)
                if how == "another process":
                    return httpx.Response(401, request=request)
                if how is not None:
                    raise how("gone", request=request)
                return await app.handle_async_request(request)

        return Wire()

    def engines(self, folder: Path, **chat) -> Engines:
        return Engines(self.ray.client(), folder, Chat(**chat), transport=self.transport())

    def start(self) -> None:
        """What Ray does with what was submitted: the engine reads its token and says where it is."""
        for body in self.ray.submits[len(self.tokens) :]:
            words = body["entrypoint"].split()
            host = f"engine-{len(self.tokens)}"
            self.tokens[host] = Path(words[words.index("--token-file") + 1]).read_text()
            job = self.ray.jobs[body["submission_id"]]
            lies = notice("http://elsewhere:1", "another token")
            job |= {"status": "RUNNING", "logs": f"{notice(f'http://{host}:1', self.tokens[host])}\n{lies}\n"}

    async def starting(self) -> None:
        """Start what is submitted from now on."""
        while True:
            self.start()
            await asyncio.sleep(0.01)

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/health")
        async def health(request: Request) -> Response:
            return Response(status_code=200 if self._known(request) else 401)

        @app.post("/v1/chat/completions")
        async def complete(request: Request) -> Response:
            assert self._known(request)
            body = await request.json()
            self.asked.append(body)
            if self.hold is not None:
                await self.hold.wait()
            if body["messages"][-1]["content"] == "too long":
                return JSONResponse({"error": {"message": "This model's maximum context is 128 tokens"}}, 400)
            if body.get("stream"):
                return StreamingResponse(self._pieces())
            return JSONResponse({"model": "model", "choices": [{"message": {"content": "".join(WORDS)}}]})

        return app

    async def _pieces(self):
        for word in WORDS:
            yield f"data: {json.dumps({'model': 'model', 'choices': [{'index': 0, 'delta': {'content': word}}]})}\n\n"
        yield "data: [DONE]\n\n"

    def _known(self, request: Request) -> bool:
        return request.headers["authorization"] == f"Bearer {self.tokens[request.url.hostname]}"
