"""Request bodies: bounded in size, in time, and all together in memory."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

MAX_HELD = 32_000_000
"""Bytes of all bodies that are being read or worked on; parsed, each is several times as large."""
BODY_S = 30.0
"""For a body to arrive."""


class Bodies:
    """Reads the bodies of one service, and knows how much of them it holds."""

    def __init__(self, *, max_held: int = MAX_HELD, deadline_s: float = BODY_S) -> None:
        self._max_held = max_held
        self._deadline_s = deadline_s
        self._held = 0

    @contextlib.asynccontextmanager
    async def read(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The body, which counts as held until the context ends.

        Raises `HTTPException`: 413 beyond ``limit`` bytes, 408 where it does not arrive in time, 503 where others hold
        too much.
        """
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(self._deadline_s):
                    async for chunk in request.stream():
                        body += chunk
                        self._held += len(chunk)
                        if len(body) > limit:
                            raise HTTPException(413, f"the body has more than {limit} bytes")
                        if self._held > self._max_held:
                            raise HTTPException(503, "too many large bodies at once: send it again in a second")
            except (TimeoutError, ClientDisconnect):
                raise HTTPException(408, f"the body did not arrive within {self._deadline_s:g} s") from None
            yield bytes(body)
        finally:
            self._held -= len(body)
