"""A model that answers chat: vLLM's own OpenAI server behind a token, until nobody has asked for a while."""

import asyncio
import hmac
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

import torch

from actors.imports import importing
from actors.sampling.vllm_engine import ENVIRONMENT
from actors.tokenizers import load_config
from raylign.errors import SpecError
from raylign.service.answering.notice import notice
from raylign.service.answering.served import SERVED_AS
from raylign.tensors.threads import use_threads

Message: TypeAlias = MutableMapping[str, Any]
App: TypeAlias = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any]

LOOK_S = 1.0
"""Between two looks at how long nobody has asked."""
AT_ONCE = 64
"""Questions that are answered together."""


class Visits:
    """Who is let in, and since when nobody was there."""

    def __init__(self) -> None:
        self.token = ""
        self.here = 0
        self.last = time.monotonic()

    @property
    def idle_s(self) -> float:
        """Seconds since the last one left; 0 while one is here."""
        return 0.0 if self.here else time.monotonic() - self.last

    def known(self, scope: Message) -> bool:
        """Whether a request has the token."""
        said = dict(scope.get("headers") or ()).get(b"authorization", b"")
        return hmac.compare_digest(said, f"Bearer {self.token}".encode())


VISITS = Visits()
"""Of this process: vLLM makes the middleware, and tells it nothing."""


class Door:
    """ASGI middleware: the token, or 401 with nothing besides."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if not VISITS.known(scope):
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body"})
            return
        VISITS.here += 1
        try:
            await self._app(scope, receive, send)
        finally:
            VISITS.here -= 1
            VISITS.last = time.monotonic()


def answer(model: str, token_file: Path, *, host: str | None, idle_s: float) -> int:
    """Serve the model at ``host``, this node's own address where absent, until nobody has asked for ``idle_s`` seconds.

    Says where in its log (`notice`). Raises `SpecError`.
    """
    VISITS.token = token_file.read_text().strip()
    if not VISITS.token:
        raise SpecError(f"{str(token_file)!r} holds no token")
    return asyncio.run(_serve(model, host or _own_address(), idle_s))


async def _serve(model: str, host: str, idle_s: float) -> int:
    gpu = torch.cuda.is_available()
    dtype = getattr(load_config(model), "dtype", None)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if not gpu:
        threads = os.cpu_count() or 1
        os.environ["OMP_NUM_THREADS"] = str(threads)
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
        use_threads(threads)
    with importing():
        from vllm.entrypoints.launchers.api_server.entry import run_server_worker, setup_server
        from vllm.entrypoints.launchers.cli_args import make_arg_parser
        from vllm.utils.argparse_utils import FlexibleArgumentParser
    arguments = make_arg_parser(FlexibleArgumentParser()).parse_args(
        [
            *("--model", model, "--served-model-name", SERVED_AS),
            *("--host", host, "--port", "0", "--middleware", "actors.answering.Door"),
            # Otherwise what was trained in float32 would be answered with in bfloat16.
            *("--dtype", str(dtype).removeprefix("torch.") if dtype else "auto"),
            *("--max-num-seqs", str(AT_ONCE), "--uvicorn-log-level", "warning", "--disable-uvicorn-access-log"),
            *(() if gpu else ("--enforce-eager",)),
        ]
    )
    address, sock = setup_server(arguments, reuse_port=False)
    print(notice(f"http://{host}:{sock.getsockname()[1]}", VISITS.token), flush=True)
    _end_together()
    watching = asyncio.create_task(_leave_when_idle(idle_s))
    try:
        await run_server_worker(address, sock, arguments)
    finally:
        watching.cancel()
    return 0


async def _leave_when_idle(seconds: float) -> None:
    VISITS.last = time.monotonic() + seconds  # it starts, and whoever had it started asks only then
    while VISITS.idle_s < seconds:
        await asyncio.sleep(LOOK_S)
    print(f"nobody has asked for {seconds:g} s", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


def _end_together() -> None:
    """Were this process killed, vLLM's engine, another one, would stay with its memory: nobody else ends it."""
    watch = f"while kill -0 {os.getpid()} 2>/dev/null; do sleep 1; done; kill -9 -{os.getpgrp()} 2>/dev/null"
    away = subprocess.DEVNULL
    subprocess.Popen(["sh", "-c", watch], stdin=away, stdout=away, stderr=away, start_new_session=True)


def _own_address() -> str:
    from ray.util import get_node_ip_address

    return str(get_node_ip_address())
