"""The driver's line to the gateway: ships the run's events, brings back what the user wants.

The spool is the run directory's ``events.jsonl`` itself. A thread follows that file and posts what the gateway lacks,
so an absent gateway costs nothing but delay, and a restarted driver goes on where the gateway's numbering stands.
"""

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from raylign.errors import Unauthorized
from raylign.record.events.payloads import Warned, wire
from raylign.record.lines import json_line, whole_lines
from raylign.service.store.states import Desired
from raylign.service.tls import trust

logger = logging.getLogger(__name__)

TOKEN_FILE = "report-token"
"""In the run directory, readable by its owner only: the attempt's token."""
HEARTBEAT_S = 2.0
"""Also how late a driver may hear of a wish."""
FIRST_RETRY_S = 0.2
SLOWEST_RETRY_S = 5.0
BATCH_EVENTS = 200
BATCH_BYTES = 2_000_000
EVENT_BYTES = 5_000_000
"""Of one event; a batch ends with the one that fills it, and the two together are below what the gateway takes."""


def read_token(run_dir: Path) -> str:
    """The token of the present attempt. Raises `Unauthorized` where there is none."""
    path = run_dir / TOKEN_FILE
    if not path.is_file():
        raise Unauthorized(f"there is no {str(path)!r}: only the gateway starts a driver that reports")
    return path.read_text().strip()


class Reporter:
    """Ships a spool to the gateway from a thread of its own, so that a busy driver still has a heartbeat.

    Append events to the spool, then `wake` it.
    """

    def __init__(
        self, url: str, job: str, attempt: int, token: str, spool: Path, *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._url = f"{url.rstrip('/')}/v1/jobs/{job}/attempts/{attempt}/reports"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._spool = Spool(spool)
        self._heartbeat_s = heartbeat_s
        self._desired: Desired = "run"
        self._news = threading.Event()
        self._closing = threading.Event()
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._ship, name="reporter", daemon=True)
        self._thread.start()

    @property
    def desired(self) -> Desired:
        """What the user wants of this run, as of the last answer: run, pause or cancel."""
        return self._desired

    def wake(self) -> None:
        """The spool has grown: ship now instead of at the next heartbeat."""
        self._news.set()

    def close(self, deadline_s: float = 30.0) -> bool:
        """Ship what is left, for at most ``deadline_s`` seconds. False when the gateway did not get all of it."""
        self._closing.set()
        self._news.set()
        self._thread.join(deadline_s)
        shipped = not self._thread.is_alive()  # asked before the thread is told to leave in any case
        self._abandoned.set()
        self._news.set()
        if not shipped:
            logger.warning("the gateway did not take the last events; they stay in %s", self._spool.path)
        return shipped

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ship(self) -> None:
        """Consumes: the spool. Unblocked by: `wake`, `close`, the heartbeat. Ends when closed and all is shipped."""
        retry_s = FIRST_RETRY_S
        # Never a proxy of the environment: it would see the token.
        with httpx.Client(
            headers=self._headers, timeout=httpx.Timeout(30, connect=5), trust_env=False, verify=trust()
        ) as http:
            while not self._abandoned.is_set():
                self._news.clear()
                closing = self._closing.is_set()  # looked at before the spool: what comes after is not ours to wait for
                problem = self._post(http)
                if problem:
                    if retry_s == FIRST_RETRY_S:
                        logger.warning("the gateway does not take reports (%s); trying again", problem)
                    self._abandoned.wait(min(retry_s, 0.5) if closing else retry_s)
                    retry_s = min(2 * retry_s, SLOWEST_RETRY_S)
                    continue
                retry_s = FIRST_RETRY_S
                if self._spool.shipped():
                    if closing:
                        return
                    self._news.wait(self._heartbeat_s)

    def _post(self, http: httpx.Client) -> str:
        """Post one batch, or a bare heartbeat. Says what went wrong, or nothing."""
        lines, end = self._spool.batch()
        try:
            response = http.post(self._url, content=b'{"events":[' + b",".join(lines) + b"]}")
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        if response.status_code == httpx.codes.CONFLICT and "next_seq" in answer:
            self._desired = answer["desired"]
            self._spool.rewind(answer["next_seq"])
            return f"it lacks event {answer['next_seq']}"
        if not response.is_success:
            return f"{response.status_code}: {answer.get('detail', '')}"
        self._desired = answer["desired"]
        self._spool.advance(end, answer["next_seq"])
        return ""


class Spool:
    """An ``events.jsonl`` that others write at its end; it is shipped from its front."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        """Everything before it is with the gateway."""
        self._next_seq: int | None = None
        """What the gateway expects; None until it has said so."""

    def batch(self) -> tuple[list[bytes], int]:
        """The next lines the gateway lacks, and where the file stands after them."""
        lines: list[bytes] = []
        if self._next_seq is None:
            return lines, self._offset  # ask first
        end = self._offset
        for line, seq in self._lines():
            if len(lines) == BATCH_EVENTS or sum(map(len, lines)) > BATCH_BYTES:
                break
            end += len(line)
            if seq >= self._next_seq:
                lines.append(line.rstrip() if len(line) <= EVENT_BYTES else self._told_of(line))
        return lines, end

    def _told_of(self, line: bytes) -> bytes:
        """In place of an event that the gateway would never take, and all that come after it would wait for."""
        event = json.loads(line)
        message = (
            f"event {event['seq']}, {event['kind']!r}, has {len(line):,} bytes and is too large: it is in {self.path}"
        )
        return json_line({**event, "kind": Warned.kind, "data": wire(Warned(message=message))}).encode()

    def advance(self, end: int, next_seq: int) -> None:
        """The gateway has dealt with everything before ``end``."""
        self._offset, self._next_seq = end, next_seq

    def rewind(self, next_seq: int) -> None:
        """The gateway lacks ``next_seq``: look for it from the start of the file."""
        self._offset, self._next_seq = 0, next_seq

    def shipped(self) -> bool:
        """Whether nothing is left to ship."""
        return self._next_seq is not None and not any(True for _ in self._lines())

    def _lines(self) -> Iterator[tuple[bytes, int]]:
        """Lines that are not shipped yet, with their event numbers."""
        at = self._offset
        for line in whole_lines(self.path, at):
            try:
                yield line, json.loads(line)["seq"]
            except (ValueError, KeyError):
                logger.warning("%s is damaged at byte %d: nothing from there on is shipped", self.path, at)
                return
            at += len(line)
