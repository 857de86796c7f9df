"""Ray's Jobs REST API, as much as the dispatcher needs."""

import asyncio
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ValidationError

from raylign.errors import RayRefused, RayUnreachable
from raylign.plan.cluster import Cluster, Node

RayStatus = Literal["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]
RAY_TERMINAL: frozenset[RayStatus] = frozenset({"STOPPED", "SUCCEEDED", "FAILED"})

NOT_UP_YET = "No available agent"
"""What a head says, as an error, in its first seconds: the process that starts drivers is not there yet."""


BUSY = frozenset({429, 502, 503, 504})
"""Said of Ray by a proxy in front of it, or by a Ray that has too much to do."""
MOST_LISTED = 10_000
"""Of what Ray lists: its own limit."""
MAX_ANSWER = 4_000_000
"""Bytes."""
LOG_END = 64_000
"""Bytes of a longer log that are looked at. Ray gives it only as a whole."""

A = TypeVar("A", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class RayJob:
    """What Ray says of one submission."""

    submission_id: str
    status: RayStatus
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RayActor:
    """What Ray says of one actor."""

    actor_id: str
    name: str
    state: str
    """``ALIVE``, ``PENDING_CREATION``, ``RESTARTING``, ``DEAD``, ..."""
    node_id: str
    """Empty where it has no place yet."""
    pid: int
    """0 where it has no process."""


class RayJobs:
    """A client of one Ray cluster. Every call may raise `RayUnreachable`, or `RayRefused` with what Ray answered.

    Answers are bounded in time and size, and checked: a proxy's page of HTML is no answer of Ray's.
    """

    def __init__(
        self, url: str, *, token_path: Path | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._token_path = token_path
        # A proxy of the environment must not see the token.
        self._http = httpx.AsyncClient(base_url=self.url, timeout=10, trust_env=False, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def version(self) -> str:
        """Ray's version."""
        return _read(_Version, await self._call("GET", "/api/version")).ray_version

    async def submit(
        self,
        submission_id: str,
        entrypoint: str,
        *,
        env_vars: Mapping[str, str],
        metadata: Mapping[str, str],
        gpus: float = 0,
    ) -> None:
        """Start an entrypoint. An id is taken once and for ever: `RayRefused` when Ray has it already.

        ``env_vars`` are shown to everybody who reaches Ray: no secrets. ``gpus``: that the entrypoint itself takes.
        """
        body = {
            "submission_id": submission_id,
            "entrypoint": entrypoint,
            "runtime_env": {"env_vars": dict(env_vars)},
            "metadata": dict(metadata),
            **({"entrypoint_num_gpus": gpus} if gpus else {}),
        }
        # A client that goes away while Ray answers leaves the job PENDING for ever (ray#62766): wait long.
        _read(_Submission, await self._call("POST", "/api/jobs/", content=body, timeout=120))

    async def get(self, submission_id: str) -> RayJob | None:
        """The job, or None when Ray does not know it."""
        answer = await self._call("GET", f"/api/jobs/{submission_id}", missing_ok=True)
        if answer.missing:
            # A proxy says 404 too, of a Ray that is away; what Ray does not know is given up and started again.
            await self.version()
            return None
        found = _read(_Job, answer)
        return RayJob(submission_id=submission_id, status=found.status, message=found.message or "")

    async def cluster(self) -> Cluster:
        """The nodes that are alive. Raises `RayRefused` where Ray knows of none."""
        answer = await self._call("GET", f"/api/v0/nodes?detail=1&limit={MOST_LISTED}")
        found = _read(_Listed[_Node], answer).data.result.result
        nodes = tuple(node.seen() for node in found if node.state == "ALIVE")
        if not nodes:
            raise RayRefused(f"the Ray at {self.url!r} tells of no node that is alive")
        return Cluster(nodes=nodes)

    async def actors(self, submission_id: str) -> list[RayActor]:
        """The named actors of a submission, dead ones too; none where Ray has not begun it, or does not know it."""
        answer = await self._call("GET", f"/api/jobs/{submission_id}", missing_ok=True)
        within = None if answer.missing else _read(_Job, answer).job_id
        if not within:
            return []
        query = urlencode(
            {
                "detail": 1,
                "limit": MOST_LISTED,
                "filter_keys": "job_id",
                "filter_predicates": "=",
                "filter_values": within,
            }
        )
        found = _read(_Listed[_Actor], await self._call("GET", f"/api/v0/actors?{query}")).data.result.result
        return [actor.seen() for actor in found if actor.name]

    async def stop(self, submission_id: str) -> None:
        """Ask Ray to stop it. Does nothing to a PENDING job, whatever Ray answers: ask again."""
        await self._call("POST", f"/api/jobs/{submission_id}/stop", missing_ok=True)

    async def log_tail(self, submission_id: str, *, lines: int = 20) -> str:
        """The last lines of the driver's log; empty when Ray has none."""
        answer = await self._call("GET", f"/api/jobs/{submission_id}/logs", missing_ok=True, timeout=30, end_only=True)
        if answer.missing:
            return ""
        logs = _end_of_logs(answer.body) if answer.cut else _read(_Logs, answer).logs
        return "\n".join((logs or "").splitlines()[-lines:])

    async def _call(
        self,
        method: str,
        path: str,
        *,
        content: Mapping[str, object] | None = None,
        missing_ok: bool = False,
        timeout: float = 10,
        end_only: bool = False,
    ) -> "_Answer":
        request = f"{method} {path}"
        try:
            token = find_token(self._token_path)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with (
                asyncio.timeout(timeout),
                self._http.stream(method, path, json=content, headers=headers, timeout=timeout) as response,
            ):
                body, cut = await _body(response, end_only=end_only)
                answer = _Answer(request=request, status=response.status_code, body=body, cut=cut)
        except (httpx.RequestError, TimeoutError) as error:
            raise RayUnreachable(
                f"Ray does not answer at {self.url!r} ({type(error).__name__}): is the cluster up?"
            ) from error
        except (OSError, ValueError, httpx.InvalidURL) as error:
            raise RayUnreachable(f"Ray cannot be asked at {self.url!r}: {error}") from error
        if answer.success or (missing_ok and answer.missing):
            return answer
        last = _what_happened(answer.body.decode(errors="replace"))
        if answer.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise RayUnreachable(
                f"Ray at {self.url!r} wants a token ({answer.status}: {last}): "
                "set RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to the cluster's"
            )
        if NOT_UP_YET in last:
            raise RayUnreachable(f"Ray at {self.url!r} is not up yet: {last}")
        if answer.status in BUSY:
            raise RayUnreachable(f"Ray at {self.url!r} cannot answer now ({answer.status} to {request}): {last}")
        raise RayRefused(f"Ray answered {answer.status} to {request}: {last}")


class _Version(BaseModel):
    ray_version: str


class _Submission(BaseModel):
    submission_id: str


class _Job(BaseModel):
    status: RayStatus
    job_id: str | None = None
    """Of its driver, once that has joined the cluster."""
    message: str | None = None


class _Page(BaseModel, Generic[A]):
    result: list[A]


class _Data(BaseModel, Generic[A]):
    result: _Page[A]


class _Listed(BaseModel, Generic[A]):
    """What Ray's state API wraps its lists in."""

    data: _Data[A]


class _Node(BaseModel):
    state: str
    resources_total: dict[str, float] = {}

    def seen(self) -> Node:
        held = self.resources_total
        memory = held.get("memory", 0.0) + held.get("object_store_memory", 0.0)
        return Node(cpus=held.get("CPU", 0.0), gpus=held.get("GPU", 0.0), memory_bytes=memory)


class _Actor(BaseModel):
    actor_id: str
    name: str | None = None
    state: str
    node_id: str | None = None
    pid: int | None = None

    def seen(self) -> RayActor:
        return RayActor(
            actor_id=self.actor_id,
            name=self.name or "",
            state=self.state,
            node_id=self.node_id or "",
            pid=self.pid or 0,
        )


class _Logs(BaseModel):
    logs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came back over HTTP, not yet believed."""

    request: str
    status: int
    body: bytes
    cut: bool
    """Only its end is here."""

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        return self.status == httpx.codes.NOT_FOUND


async def _body(response: httpx.Response, *, end_only: bool) -> tuple[bytes, bool]:
    """The body, and whether only its end was kept. Raises `ValueError` where it is too long and not ``end_only``."""
    body, cut = bytearray(), False
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER and not end_only:
            raise ValueError(f"its answer has more than {MAX_ANSWER} bytes")
        if len(body) > MAX_ANSWER:
            del body[:-LOG_END]
            cut = True
    return bytes(body), cut


def _end_of_logs(body: bytes) -> str:
    """The text in the end of a ``{"logs": "..."}`` whose beginning is missing, from its first whole line on."""
    text = body.decode(errors="replace").rstrip().removesuffix("}").rstrip()
    whole = text.partition("\\n")[2]
    try:
        return str(json.loads(f'"{whole}'))
    except ValueError:
        return whole


def _read(kind: type[A], answer: _Answer) -> A:
    """The answer as what it should be. Raises `RayUnreachable`: what answers something else is not Ray."""
    try:
        return kind.model_validate_json(answer.body)
    except ValidationError as error:
        [first, *_] = error.errors(include_input=False, include_url=False)
        where = ".".join(map(str, first["loc"]))
        said = answer.body[:100].decode(errors="replace")
        raise RayUnreachable(
            f"what answers {answer.request} is not Ray, or one that raylign does not know "
            f"({where}{': ' * bool(where)}{first['msg']}): {said!r}"
        ) from None


def _what_happened(text: str) -> str:
    """The one line that matters of an answer that may be a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (raised or lines)[-1][:500]


def find_token(path: Path | None = None) -> str | None:
    """Ray's token as Ray itself looks for it: ``path``, RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH, ~/.ray/auth_token."""
    if path is None:
        if token := os.environ.get("RAY_AUTH_TOKEN", "").strip():
            return token
        path = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    return path.read_text().strip() if path.is_file() else None
