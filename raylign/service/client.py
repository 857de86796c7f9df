"""The gateway from outside: submit, watch, list and cancel jobs over HTTP."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from httpx_sse import SSEError, connect_sse

from raylign.errors import (
    DatasetNotFound,
    Forbidden,
    GatewayUnreachable,
    JobConflict,
    JobNotFound,
    KeyNotFound,
    LabelQueueNotFound,
    ModelNotFound,
    OverQuota,
    RaylignError,
    SecretNotFound,
    SpecError,
    StoreError,
    Taken,
    Unauthorized,
    WebhookNotFound,
)
from raylign.record.events import Event
from raylign.service.dataset_client import DatasetClient
from raylign.service.key_client import KeyClient
from raylign.service.label_client import LabelClient
from raylign.service.secret_client import SecretClient
from raylign.service.tls import trust
from raylign.service.webhook_client import WebhookClient
from raylign.service.weights_client import WeightsClient
from raylign.spec import Work

JobDict = dict[str, Any]
"""A job as the API shows it; see `raylign.service.views.JobView`."""

LATEST = "latest"
"""Means the newest job."""
PAGE = 200
"""Jobs of one answer, at most."""
EVENTS_PAGE = 50
"""Events; one with samples has some hundred kilobytes."""
SHOWN_IDS = 5

ERRORS: Mapping[int, type[RaylignError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: JobNotFound,
    409: JobConflict,
    422: SpecError,
    507: StoreError,
    429: OverQuota,
}
NAMED: Mapping[str, type[RaylignError]] = {
    f"urn:raylign:{one.__name__}": one
    for one in (DatasetNotFound, ModelNotFound, Taken, WebhookNotFound, KeyNotFound, LabelQueueNotFound, SecretNotFound)
}
"""Errors that share their status with another, by the type of their problem."""


class Client:
    """A client of one gateway. Calls raise what the gateway raised, or `GatewayUnreachable`."""

    def __init__(
        self, url: str, api_key: str, *, ca: Path | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        """``ca``: certificates to trust besides the system's, in place of the file that ``RAYLIGN_CA`` names."""
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=httpx.Timeout(30, connect=5),
            transport=transport,
            verify=trust(ca),
        )
        self.datasets = DatasetClient(self._call)
        """Data uploaded there."""
        self.webhooks = WebhookClient(self._call)
        self.keys = KeyClient(self._call)
        self.labels = LabelClient(self._call)
        """Pairs that people say something of there."""
        self.secrets = SecretClient(self._call)
        self.weights = WeightsClient(self._http, self._call)
        """What jobs have made there."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def submit(
        self,
        job: Work | Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        metadata: Mapping[str, str] | None = None,
        priority: int = 0,
        after: str | None = None,
    ) -> JobDict:
        """Queue a job, or the document of one. With a key it may be sent again without queueing a second one.

        ``metadata``: at most 16 pairs to find it by. ``priority``: the highest starts first, -100 to 100. ``after``:
        the id of a job that has to succeed first.
        """
        document = job if isinstance(job, Mapping) else job.model_dump(mode="json")
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        query = {"priority": priority, **({"after": after} if after else {}), **_pairs(metadata)}
        return self._json("POST", "/v1/jobs", json=dict(document), headers=headers, params=query)

    def plan(self, job: Work | Mapping[str, Any]) -> dict[str, Any]:
        """What a job, or the document of one, would be, were it submitted; see `raylign.service.views.PlanView`."""
        document = job if isinstance(job, Mapping) else job.model_dump(mode="json")
        return self._json("POST", "/v1/plans", json=dict(document))

    def get(self, job_id: str) -> JobDict:
        """One job, with its document."""
        return self._json("GET", f"/v1/jobs/{job_id}")

    def jobs(
        self,
        *,
        limit: int = 50,
        state: str | None = None,
        name: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> list[JobDict]:
        """Jobs, newest first; those that are all that is said."""
        said = {"state": state, "name": name}
        query = {"limit": limit, **{key: value for key, value in said.items() if value is not None}, **_pairs(metadata)}
        found: list[JobDict] = self._json("GET", "/v1/jobs", params=query)["data"]
        return found

    def find(self, word: str) -> JobDict:
        """The one job that ``word`` means: ``latest``, an id, a name (its unfinished job, else its newest), or the
        beginning of an id.

        Raises `JobNotFound` where it is none, `SpecError` with the ids where it could be several.
        """
        if word == LATEST:
            found = self.jobs(limit=1)
        else:
            try:
                return self.get(word)
            except JobNotFound:
                everyone = list(self._everyone())
            named = [job for job in everyone if job["name"] == word]
            unfinished = [job for job in named if job["finished_at"] is None]
            found = unfinished or named[:1] or [job for job in everyone if job["id"].startswith(word)]
        if not found:
            raise JobNotFound(f"no job has the id or the name {word!r}: `raylign jobs` lists what there is")
        if len(found) > 1:
            ids = ", ".join(job["id"] for job in found[:SHOWN_IDS]) + ", ..." * (len(found) > SHOWN_IDS)
            raise SpecError(f"{word!r} could be any of {len(found)} jobs ({ids}): give the whole id of one")
        return found[0]

    def cancel(self, job_id: str) -> JobDict:
        """Ask a job to stop. Raises `JobConflict` when it has ended."""
        return self._json("POST", f"/v1/jobs/{job_id}/cancel")

    def pause(self, job_id: str, *, ttl_s: float | None = None) -> JobDict:
        """Ask a job to keep what it has made and give its resources back; cancelled after ``ttl_s``, where not resumed.

        Raises `JobConflict` when it is being cancelled or has ended.
        """
        return self._json("POST", f"/v1/jobs/{job_id}/pause", params={} if ttl_s is None else {"ttl_s": ttl_s})

    def resume(self, job_id: str) -> JobDict:
        """Let a paused job go on. Raises `JobConflict` when it is being cancelled or has ended."""
        return self._json("POST", f"/v1/jobs/{job_id}/resume")

    def retry(self, job_id: str) -> JobDict:
        """Have a job that failed or was cancelled go on from its last checkpoint. Raises `JobConflict` for others."""
        return self._json("POST", f"/v1/jobs/{job_id}/retry")

    def delete(self, job_id: str, *, keep_run: bool = False) -> None:
        """Forget a job that has ended, and remove its run directory unless ``keep_run``. Raises `JobConflict`."""
        self._call("DELETE", f"/v1/jobs/{job_id}", params={"keep_run": keep_run})

    def attempts(self, job_id: str) -> list[dict[str, Any]]:
        """A job's attempts, oldest first."""
        found: list[dict[str, Any]] = self._json("GET", f"/v1/jobs/{job_id}/attempts")["data"]
        return found

    def metrics(self, job_id: str) -> list[dict[str, Any]]:
        """One row per step and evaluation."""
        rows: list[dict[str, Any]] = self._json("GET", f"/v1/jobs/{job_id}/metrics")["data"]
        return rows

    def actors(self, job_id: str) -> list[dict[str, Any]]:
        """The actors of its newest attempt and where they run, as Ray tells them."""
        found: list[dict[str, Any]] = self._json("GET", f"/v1/jobs/{job_id}/actors")["data"]
        return found

    def report(self, job_id: str) -> str:
        """The run's HTML report. Raises `JobNotFound` where there is none yet."""
        return self._call("GET", f"/v1/jobs/{job_id}/report").text

    def past_events(self, job_id: str, *, kinds: Sequence[str] = (), after: int = 0) -> Iterator[Event]:
        """A job's events so far, of these kinds or of all, oldest first; a page of them is held at a time."""
        page: dict[str, Any] = {"has_more": True}
        while page["has_more"]:
            query = {"after": after, "limit": EVENTS_PAGE, "kind": list(kinds)}
            page = self._json("GET", f"/v1/jobs/{job_id}/events", params=query)
            for event in map(Event.model_validate, page["data"]):
                after = event.seq
                yield event

    def events(
        self,
        job_id: str,
        *,
        kinds: Sequence[str] = (),
        after: int = 0,
        patience_s: float = 600,
        on_loss: Callable[[str], None] = lambda reason: None,
    ) -> Iterator[Event]:
        """A job's events as they come, of these kinds or of all, to its end; each once, over any number of lost
        connections. Kinds that end with the job have ``end`` among them.

        Events numbered 0 are ``status`` lines of the gateway's own: the job's state before and between its driver's
        events. ``on_loss`` hears of a lost connection. Raises `GatewayUnreachable` after ``patience_s`` without one.
        """
        lost_at: float | None = None
        while True:
            try:
                for event in self._listen(job_id, kinds, after):
                    after, lost_at = max(after, event.seq), None
                    yield event
                reason = "the stream ended before the job did"
                if self.get(job_id)["finished_at"] is not None and not self._more(job_id, kinds, after):
                    return
            except (httpx.TransportError, GatewayUnreachable) as error:
                reason = str(error) or type(error).__name__
            now = time.monotonic()
            lost_at = lost_at or now
            if now - lost_at > patience_s:
                raise GatewayUnreachable(
                    f"no answer from the gateway at {self.url!r} for {patience_s:g} s ({reason}); "
                    f"job {job_id!r} goes on without us: watch it again when the gateway is back"
                )
            on_loss(reason)
            time.sleep(min(5.0, 0.2 + (now - lost_at) / 4))

    def _everyone(self) -> Iterator[JobDict]:
        """All jobs, newest first."""
        page: dict[str, Any] = {"has_more": True}
        query: dict[str, Any] = {"limit": PAGE}
        while page["has_more"]:
            page = self._json("GET", "/v1/jobs", params=query)
            yield from page["data"]
            query["before"] = page["data"][-1]["id"] if page["data"] else ""

    def _listen(self, job_id: str, kinds: Sequence[str], after: int) -> Iterator[Event]:
        # The gateway sends a comment every 15 s: a longer silence is a dead connection.
        timeout = httpx.Timeout(45, connect=5)
        headers = {"Last-Event-ID": str(after)}
        path, query = f"/v1/jobs/{job_id}/events", {"kind": list(kinds)}
        with connect_sse(self._http, "GET", path, params=query, headers=headers, timeout=timeout) as source:
            if not source.response.is_success:
                source.response.read()
                raise _error(source.response)
            try:
                for message in source.iter_sse():
                    if message.data:  # httpx-sse hands on a keep-alive comment as a message without data
                        yield Event.model_validate_json(message.data)
            except (SSEError, ValueError) as error:
                raise GatewayUnreachable(f"{self.url!r} does not answer as a raylign gateway: {error}") from error

    def _more(self, job_id: str, kinds: Sequence[str], after: int) -> bool:
        query = {"after": after, "limit": 1, "kind": list(kinds)}
        return bool(self._json("GET", f"/v1/jobs/{job_id}/events", params=query)["data"])

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = self._call(method, path, **request)
        try:
            body: dict[str, Any] = response.json()
        except ValueError:
            raise GatewayUnreachable(f"what answers at {self.url!r} is not a raylign gateway") from None
        return body

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise GatewayUnreachable(
                f"no gateway answers at {self.url!r} ({error}): start one with `raylign serve`, or give its address"
            ) from error
        if not response.is_success:
            raise _error(response)
        return response


def _pairs(metadata: Mapping[str, str] | None) -> dict[str, str]:
    return {f"metadata[{key}]": value for key, value in (metadata or {}).items()}


def _error(response: httpx.Response) -> RaylignError:
    """The error behind a problem document."""
    try:
        said = response.json()
        kind, detail = NAMED.get(said.get("type")), said["detail"]
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
        kind, detail = None, f"{response.status_code} from {str(response.url)!r}"
    return (kind or ERRORS.get(response.status_code, GatewayUnreachable))(detail)
