"""The audit log: who did what, when, from where, and what came of it. Lines of JSON that are only ever added.

Written down is every request that may change something, and every one that was refused. Refusals of strangers are
bounded, so that none fills the disk: how many are left out stands in the next line.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raylign.record.lines import json_line, whole_lines
from raylign.service.access import Caller

logger = logging.getLogger(__name__)

READING = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSALS = frozenset({401, 403, 404, 429})
MOST_REFUSALS = 20
"""Within a second."""
LONGEST = 500
"""Characters of a path."""


class Audit:
    """One file, also written by others at the same time: a line is one write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._second = 0
        self._refused = 0
        self._left_out = 0

    def say(self, **entry: Any) -> None:
        """Add a line; `at` is now. Where that cannot be, the log says so: nobody is refused for it."""
        line = json_line({"at": round(time.time(), 3), **entry}) + "\n"
        try:
            # Opened each time: whoever rotates it renames it. Its owner alone reads it.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            logger.error("not in the audit log %s (%s): %s", self.path, error, line.strip())

    def say_request(self, scope: Scope, status: int, made: str | None) -> None:
        """Add a request, where it is one to be written down. ``made``: where what it made is."""
        refused = status in REFUSALS
        if (scope["method"] in READING and not refused) or _of_driver(scope["path"], status):
            return
        if refused and not self._has_room():
            return
        caller: Caller | None = scope.get("state", {}).get("caller")
        entry = {
            "tenant": caller.tenant if caller else None,
            "key": caller.key_id if caller else None,
            "from": scope["client"][0] if scope.get("client") else None,
            "did": f"{scope['method']} {scope['path'][:LONGEST]}",
            "status": status,
        }
        left_out, self._left_out = self._left_out, 0
        more = {"made": made} if made else {}
        self.say(**entry, **more, **({"left_out": left_out} if left_out else {}))

    def lines(self) -> Iterator[dict[str, Any]]:
        """All entries, oldest first."""
        if not self.path.exists():
            return
        for line in whole_lines(self.path, 0):
            try:
                entry = json.loads(line)
            except ValueError:
                logger.warning("%s has a line that is no JSON: it is left out", self.path)
                continue
            yield entry

    def _has_room(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._refused = second, 0
        self._refused += 1
        self._left_out += self._refused > MOST_REFUSALS
        return self._refused <= MOST_REFUSALS


class AuditTrail:
    """ASGI middleware around all of an app."""

    def __init__(self, app: ASGIApp, audit: Audit) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start":
                made = next((value.decode() for name, value in message["headers"] if name == b"location"), None)
                self._audit.say_request(scope, message["status"], made)
            await send(message)

        await self._app(scope, receive, heard)


def _of_driver(path: str, status: int) -> bool:
    """A report that was taken: a heartbeat every few seconds."""
    return path.endswith("/reports") and status < 400
