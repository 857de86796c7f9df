"""The line to one endpoint: bodies go out, a bounded number at once; JSON comes back, or why it does not."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import httpx

from raylign.judges.endpoints.registry import Registration

RETRIED = frozenset({408, 409, 429})
"""Answers after which a request may do better later; and all of 500 and above."""
FIRST_WAIT_S = 0.5
"""Before a request is made again; twice as long each time, or what the service asks for."""
LONGEST_WAIT_S = 30.0
MOST_BYTES = 4 * 2**20
"""Of one answer that are read."""

Said: TypeAlias = Mapping[str, Any] | str
"""An answer, or why there is none, in few words of few kinds."""
TIMEOUT = "endpoint: timeout"
UNREACHABLE = "endpoint: unreachable"
MALFORMED = "endpoint: malformed"
TOO_LARGE = "endpoint: too large"


class Line:
    """``seconds``: for all of one call; what has no answer by then has none. ``first_wait_s``: for tests."""

    def __init__(
        self, endpoint: Registration, *, key: str | None, seconds: float, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        self._endpoint = endpoint
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._seconds = seconds
        self._first_wait_s = first_wait_s

    def post_all(self, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Said]:
        """The answer to each (path, body), in their order. Raises nothing that the other side brings about."""
        return asyncio.run(self._post_all(requests)) if requests else []

    async def _post_all(self, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Said]:
        gate = asyncio.Semaphore(self._endpoint.concurrency)
        until = time.monotonic() + self._seconds
        async with httpx.AsyncClient(headers=self._headers, timeout=self._endpoint.timeout_s) as client:

            async def post(path: str, body: Mapping[str, Any]) -> Said:
                try:
                    async with asyncio.timeout(max(0.0, until - time.monotonic())), gate:
                        return await self._post(client, self._endpoint.url.rstrip("/") + path, body)
                except TimeoutError:
                    return TIMEOUT

            return list(await asyncio.gather(*(post(path, body) for path, body in requests)))

    async def _post(self, client: httpx.AsyncClient, url: str, body: Mapping[str, Any]) -> Said:
        # What UTF-8 cannot carry, no service takes.
        content = json.dumps({**body, **self._endpoint.options}, ensure_ascii=False).encode("utf-8", "replace")
        wait_s = self._first_wait_s
        for left in reversed(range(self._endpoint.tries)):
            said, asked_s = await self._once(client, url, content)
            if asked_s is None or not left:
                break
            await asyncio.sleep(min(max(asked_s, wait_s), LONGEST_WAIT_S))
            wait_s *= 2
        return said

    async def _once(self, client: httpx.AsyncClient, url: str, content: bytes) -> tuple[Said, float | None]:
        """What came of one request, and the least wait before another; None where another would bring the same."""
        headers = {"Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(self._endpoint.timeout_s),
                client.stream("POST", url, content=content, headers=headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    again = response.status_code in RETRIED or response.status_code >= 500
                    return f"endpoint: status {response.status_code}", _asked_wait(response) if again else None
                text = bytearray()
                async for part in response.aiter_bytes():
                    text += part
                    if len(text) > MOST_BYTES:
                        return TOO_LARGE, None
        except (TimeoutError, httpx.TimeoutException):
            return TIMEOUT, 0.0
        except (httpx.HTTPError, httpx.InvalidURL):
            return UNREACHABLE, 0.0
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return MALFORMED, None
        return (found, None) if isinstance(found, dict) else (MALFORMED, None)


def _asked_wait(response: httpx.Response) -> float:
    """Seconds that the service asks to be left alone."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0
