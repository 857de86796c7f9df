"""The engines of one gateway: one a model, started when it is asked for, the longest unasked gives way."""

import asyncio
import contextlib
import logging
import secrets
import shlex
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from raylign.errors import EnginesBusy, NotAnsweringYet, RaylignError, ServiceError
from raylign.record.whole import write_whole
from raylign.service.answering.notice import told
from raylign.service.dispatch.launch import env_vars
from raylign.service.dispatch.ray_jobs import RAY_TERMINAL, RayJobs

logger = logging.getLogger(__name__)

START_S = 600.0
"""For an engine to come up; a large model is read from disk."""
WAIT_S = 100.0
"""For which a question waits for its engine: who sends it asks again."""
LOOK_S = 0.5
REPLY_S = 300.0
"""Between two pieces of an answer."""
LOG_LINES = 400
COMPLETIONS = "/v1/chat/completions"
LOST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""What a question meets whose engine has left, or whose node."""


@dataclass(slots=True, kw_only=True)
class Engine:
    """One that answers."""

    submission_id: str
    token: str
    address: str
    asked: int = 0
    """Questions that it is at."""
    used: float = field(default_factory=time.monotonic)

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While it is at one more question."""
        self.asked += 1
        try:
            yield
        finally:
            self.asked -= 1
            self.used = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What an operator says of it."""

    engines: int = 1
    """Models that are answered by at once; 0: there is no chat."""
    host: str | None = None
    """Where engines listen; their node's own address where absent."""
    idle_s: float = 600.0
    """Without a question, after which one leaves."""
    wait_s: float = WAIT_S


class Engines:
    """Chat, by model. ``folder``: where their tokens lie."""

    def __init__(
        self, ray: RayJobs, folder: Path, chat: Chat, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._ray, self._folder, self._chat = ray, folder, chat
        self._engines: dict[str, asyncio.Task[Engine]] = {}
        """By model: up, or coming up."""
        self._placed: set[str] = set()
        """Models of those that have one of the places."""
        self._placing = asyncio.Lock()
        # Never a proxy of the environment: it would see tokens and questions.
        timeout = httpx.Timeout(REPLY_S, connect=5)
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False, transport=transport)

    @contextlib.asynccontextmanager
    async def ask(self, model: str, question: Mapping[str, Any]) -> AsyncIterator[httpx.Response]:
        """The answer of ``model``, a directory or hub id, as it begins: read it within the context.

        Raises `NotAnsweringYet` where its engine is still coming up, `EnginesBusy` where all others are at work,
        `ServiceError` where it cannot come up.
        """
        for _ in range(2):
            engine = await self._ready(model)
            async with engine.at_work(), contextlib.AsyncExitStack() as stack:
                if (response := await self._begun(stack, engine, question)) is not None:
                    yield response
                    return
            self._forget(model, engine)  # it left, being idle or killed: another one
        raise ServiceError("the model's engine left as it was asked: ask again")

    async def close(self) -> None:
        """Let all of them go."""
        for model in list(self._engines):
            with contextlib.suppress(RaylignError):
                await self._dismiss(model)
        await self._http.aclose()

    async def _begun(
        self, stack: contextlib.AsyncExitStack, engine: Engine, question: Mapping[str, Any]
    ) -> httpx.Response | None:
        """The answer as it begins; None where the engine is not there, or another process at its address."""
        headers = {"Authorization": f"Bearer {engine.token}"}
        asked = self._http.stream("POST", engine.address + COMPLETIONS, json=dict(question), headers=headers)
        with contextlib.suppress(*LOST):
            response = await stack.enter_async_context(asked)
            return None if response.status_code == httpx.codes.UNAUTHORIZED else response
        return None

    async def _ready(self, model: str) -> Engine:
        if self._chat.engines == 0:
            raise ServiceError("this gateway answers no chat: start it with --chat-engines 1")
        task = self._engines.get(model)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._engines[model] = asyncio.create_task(self._begin(model))
            task.add_done_callback(lambda done: None if done.cancelled() else done.exception())  # told to who asks
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._chat.wait_s)
        except TimeoutError:
            raise NotAnsweringYet(
                f"the model is still being loaded after {self._chat.wait_s:g} s: ask again in half a minute"
            ) from None

    async def _begin(self, model: str) -> Engine:
        async with self._placing:
            await self._make_room()
            self._placed.add(model)
        name, token = f"chat-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        file = self._folder / name / "token"
        command = [sys.executable, "-m", "actors", "answer", "--model", model, "--token-file", str(file)]
        command += ["--idle-s", f"{self._chat.idle_s:g}", *(["--host", self._chat.host] if self._chat.host else [])]
        metadata = {"raylign": "chat", "model": model[-200:]}
        try:
            await asyncio.to_thread(file.parent.mkdir, parents=True, mode=0o700)
            await asyncio.to_thread(write_whole, file, token, secret=True)
            gpus = float(any(node.gpus for node in (await self._ray.cluster()).nodes))
            await self._ray.submit(name, shlex.join(command), env_vars=env_vars(), metadata=metadata, gpus=gpus)
            async with asyncio.timeout(START_S):
                return await self._up(name, token)
        except BaseException as error:
            self._placed.discard(model)
            with contextlib.suppress(RaylignError):
                await self._ray.stop(name)
            if isinstance(error, TimeoutError):
                raise ServiceError(f"the model was not loaded within {START_S:g} s; see the log of {name!r}") from None
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, file.parent, ignore_errors=True)

    async def _up(self, name: str, token: str) -> Engine:
        """Consumes: Ray's word of the engine, its log, then its health. Ends with it up, or with why it is not."""
        headers = {"Authorization": f"Bearer {token}"}
        while True:
            await asyncio.sleep(LOOK_S)
            job = await self._ray.get(name)  # before its log, which then has all that it said before it ended
            log = await self._ray.log_tail(name, lines=LOG_LINES)
            if (address := told(log, token)) is not None:
                with contextlib.suppress(httpx.HTTPError):
                    if (await self._http.get(f"{address}/health", headers=headers, timeout=5)).is_success:
                        return Engine(submission_id=name, token=token, address=address)
            if job is None or job.status in RAY_TERMINAL:
                said = [line for line in log.splitlines() if line.startswith("error: ")][-1:]
                logger.warning("engine %s did not come up: %s", name, job.message if job else "Ray does not know it")
                raise ServiceError(f"the model cannot be served: {said[0] if said else f'see the log of {name!r}'}")

    async def _make_room(self) -> None:
        """Let the longest unasked go where there are as many as may be. Raises `EnginesBusy`."""
        if len(self._placed) < self._chat.engines:
            return
        there = {one: self._engines[one] for one in self._placed}
        free = {one: task.result() for one, task in there.items() if task.done() and not task.result().asked}
        if not free:
            raise EnginesBusy(
                f"all {self._chat.engines} engines are busy with other models: ask again later, or have the operator "
                "raise --chat-engines"
            )
        await self._dismiss(min(free, key=lambda one: free[one].used))

    async def _dismiss(self, model: str) -> None:
        task = self._engines.pop(model)
        self._placed.discard(model)
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        elif not task.cancelled() and task.exception() is None:
            await self._ray.stop(task.result().submission_id)

    def _forget(self, model: str, engine: Engine) -> None:
        task = self._engines.get(model)
        if task is not None and task.done() and not task.exception() and task.result() is engine:
            del self._engines[model]
            self._placed.discard(model)
