"""The service in pieces, for its tests: a job, a store, a live gateway on loopback, a Ray that does as told."""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from raylign.record.events import Event
from raylign.record.events.demand import Ending
from raylign.record.events.payloads import RunEnded, RunPaused, StepDone, Warned
from raylign.service.access import Scope
from raylign.service.app import create_app
from raylign.service.bulletin import Bulletin
from raylign.service.client import Client
from raylign.service.confines import Confines
from raylign.service.dispatch.dispatcher import Dispatcher, Limits
from raylign.service.dispatch.ray_jobs import RayJobs
from raylign.service.gateway import Gateway
from raylign.service.home import Home, open_home
from raylign.service.keyring import make_key
from raylign.service.serve import http_config
from raylign.service.store import AttemptRecord, JobRecord, Store, open_database
from raylign.service.store.schema import metadata
from raylign.service.tls import Certificate
from raylign.spec import Job, parse_job

KEY = "rl_test-key"
TOKEN = "token-of-the-attempt"


def job_document(name: str = "tiny") -> dict[str, Any]:
    """The smallest valid job."""
    task = {"name": "math", "prompts": {"path": "p.jsonl"}, "reward": {"model": "r"}, "method": {"type": "crpg"}}
    return {"name": name, "steps": 1, "policy": {"model": "m"}, "tasks": [task]}


def job(name: str = "tiny") -> Job:
    return parse_job(job_document(name))


@cache
def migrated() -> bytes:
    """The file of a new store: a third of what a gateway of a test costs is its migrations."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "raylign.db")
        open_database(f"sqlite:///{file}").engine.dispose()
        return file.read_bytes()


def open_store(folder: Path) -> Store:
    file = folder / "raylign.db"
    if not file.exists():
        file.write_bytes(migrated())
    return Store(open_database(f"sqlite:///{file}"))


def started(
    store: Store, *, name: str = "tiny", run_dir: Callable[[str], Path] = lambda job_id: Path("/nowhere")
) -> tuple[JobRecord, AttemptRecord]:
    """A job whose first attempt is on Ray. ``run_dir``: of its id."""
    made, _ = store.create(job(name))
    attempt = store.begin_attempt(made.id, token=TOKEN, run_dir=str(run_dir(made.id)))
    store.confirm_attempt(attempt)
    return store.get(made.id), attempt


def key_of(store: Store, tenant: str, *scopes: Scope) -> str:
    """A key of ``tenant``; it may read and submit where nothing is said."""
    return make_key(store, name="test", tenant=tenant, scopes=scopes or (Scope.READ, Scope.SUBMIT), lasts_s=None)[1]


def step(seq: int, **changes: Any) -> Event:
    """A step event; ``changes`` are those of its payload."""
    said = StepDone(
        step=seq,
        steps=9,
        version=seq,
        staleness=0,
        tasks={},
        train=None,
        seconds={},
        step_s=1.0,
        tokens=64,
        tokens_per_s=64.0,
    )
    return Event.of(replace(said, **changes), seq=seq)


def warning(seq: int, message: str) -> Event:
    return Event.of(Warned(message=message), seq=seq)


def end(seq: int, state: Ending = "succeeded", message: str = "done") -> Event:
    return Event.of(RunEnded(state=state, message=message, model=None, report=None), seq=seq)


def paused(seq: int, steps: int) -> Event:
    """A driver's last word when it pauses."""
    return Event.of(RunPaused(step=steps, message=f"it goes on from step-{steps}"), seq=seq)


class HttpServer(uvicorn.Server):
    """Says when it listens, and leaves as soon as it is told to: uvicorn looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self.ready.set()
        await self._leave.wait()

    def leave(self) -> None:
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._leave.set)


@contextlib.contextmanager
def http_server(app: Any, port: int = 0, certificate: Certificate | None = None) -> Iterator[str]:
    """An ASGI app on a loopback port, in a thread."""
    config = http_config(app, certificate)
    config.port, config.timeout_graceful_shutdown = port, 1
    server = HttpServer(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(20)
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.leave()
        thread.join(20)


@dataclass
class FakeRay:
    """Ray's Jobs REST API over a dictionary; a test sets the statuses."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    submits: list[dict[str, Any]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    token: str | None = None
    down: bool = False
    swallow_answer: bool = False
    """Take a submission, then let the caller's connection time out."""
    refuse: str = ""
    obey_stop: bool = True
    starting: bool = False
    """Up, but not yet able to start drivers."""
    nodes: list[dict[str, float]] = field(default_factory=lambda: [{"CPU": 8, "memory": 2**34, "node:10.0.0.1": 1}])
    """Resources of those that are alive."""
    actors: list[dict[str, Any]] = field(default_factory=list)
    instead: tuple[int, str] | None = None
    """Status and body of whatever answers in Ray's place, whatever is asked."""

    def transport(self) -> httpx.AsyncBaseTransport:
        app = httpx.ASGITransport(app=self.app())
        fake = self

        class Wire(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                if fake.down:
                    raise httpx.ConnectError("refused", request=request)
                if fake.instead is not None:
                    return httpx.Response(fake.instead[0], text=fake.instead[1], request=request)
                response = await app.handle_async_request(request)
                if fake.swallow_answer and request.method == "POST" and request.url.path == "/api/jobs/":
                    raise httpx.ReadTimeout("slow", request=request)
                return response

        return Wire()

    def client(self, *, token_path: Path | None = Path("/nonexistent")) -> RayJobs:
        return RayJobs("http://ray", token_path=token_path, transport=self.transport())

    def set(self, submission_id: str, status: str, message: str = "") -> None:
        self.jobs[submission_id] |= {"status": status, "message": message}

    def app(self) -> FastAPI:
        """The API itself, for a transport or a server."""

        async def authenticate(request: Request) -> None:
            if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
                raise HTTPException(401, "Unauthorized: Missing authentication token")

        async def in_words(request: Request, error: Exception) -> Response:
            assert isinstance(error, HTTPException)
            return PlainTextResponse(error.detail, error.status_code)

        # No middleware: one made of functions leaves a coroutine behind where a server stops in mid-request.
        app = FastAPI(dependencies=[Depends(authenticate)], exception_handlers={HTTPException: in_words})

        @app.get("/api/version")
        def version() -> dict[str, str]:
            return {"ray_version": "2.60.0"}

        @app.get("/api/v0/nodes")
        def nodes() -> Response:
            return listed([{"state": "ALIVE", "resources_total": held} for held in self.nodes])

        @app.get("/api/v0/actors")
        def actors(filter_values: str) -> Response:
            return listed([actor for actor in self.actors if actor["job_id"] == filter_values])

        @app.post("/api/jobs/")
        async def submit(request: Request) -> Response:
            body = await request.json()
            self.submits.append(body)
            if self.starting:
                return PlainTextResponse("No available agent to submit job, please try again later.", 500)
            if self.refuse:
                return PlainTextResponse(f"Traceback ...\n  File x\nRuntimeError: {self.refuse}\n", 500)
            if body["submission_id"] in self.jobs:
                text = "Traceback ...\nValueError: Job with submission_id already exists.\nUse another.\n"
                return PlainTextResponse(text, 500)
            self.jobs[body["submission_id"]] = {"status": "PENDING", "message": "", "logs": "", **body}
            return JSONResponse({"submission_id": body["submission_id"]})

        @app.get("/api/jobs/{one}")
        def get(one: str) -> Response:
            return JSONResponse(self.jobs[one]) if one in self.jobs else PlainTextResponse("no", 404)

        @app.get("/api/jobs/{one}/logs")
        def logs(one: str) -> Response:
            return JSONResponse({"logs": self.jobs[one]["logs"]})

        @app.post("/api/jobs/{one}/stop")
        def stop(one: str) -> Response:
            if one not in self.jobs:
                return PlainTextResponse("no", 404)
            self.stops.append(one)
            # As the real one: to stop a PENDING job is answered with True, and does nothing.
            if self.jobs[one]["status"] == "RUNNING" and self.obey_stop:
                self.jobs[one]["status"] = "STOPPED"
            return JSONResponse({"stopped": True})

        return app


def listed(items: list[dict[str, Any]]) -> Response:
    """As Ray's state API lists them."""
    return JSONResponse({"result": True, "data": {"result": {"total": len(items), "result": items}}})


@dataclass
class Service:
    """A live gateway with its store and its fake Ray; no dispatcher."""

    url: str
    store: Store
    ray: FakeRay
    bulletin: Bulletin

    def clean(self) -> None:
        """As if just started: nothing in its store, nothing on its Ray."""
        with self.store._database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        self.ray.__init__()  # type: ignore[misc]

    def http(self, key: str = KEY, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}", **headers}, timeout=20)

    def client(self, key: str = KEY) -> Client:
        return Client(self.url, key)


@contextlib.contextmanager
def live_service(
    folder: Path, port: int = 0, *, certificate: Certificate | None = None, **settings: Any
) -> Iterator[Service]:
    """``settings``: of the gateway."""
    store, ray, bulletin = open_store(folder), FakeRay(), Bulletin()
    app = create_app(
        Gateway(store=store, bulletin=bulletin, ray=ray.client(), api_key=KEY, home=open_home(folder), **settings)
    )
    with http_server(app, port, certificate) as url:
        yield Service(url=url, store=store, ray=ray, bulletin=bulletin)
        bulletin.close()


def report(service: Service, job_id: str, events: list[Event], *, n: int = 1, token: str = TOKEN) -> httpx.Response:
    """As a driver does."""
    body = {"events": [event.model_dump(mode="json") for event in events]}
    path = f"{service.url}/v1/jobs/{job_id}/attempts/{n}/reports"
    return httpx.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


@dataclass
class Desk:
    """A dispatcher with its store and fake Ray; the test calls `look`."""

    dispatcher: Dispatcher
    store: Store
    ray: FakeRay
    home: Home

    async def look(self) -> None:
        await self.dispatcher.look()

    def job(self, job_id: str) -> JobRecord:
        return self.store.get(job_id)

    def spool(self, job_id: str, *events: Event) -> None:
        """What the job's driver wrote, whether or not it was sent."""
        from raylign.record.rundir import event_line

        path = self.home.jobs / job_id / "events.jsonl"
        path.write_text("".join(event_line(event) + "\n" for event in events))


@contextlib.asynccontextmanager
async def dispatcher_desk(
    folder: Path, ray: FakeRay | None = None, *, confined: bool = False, **limits: Any
) -> AsyncIterator[Desk]:
    home = open_home(folder)
    store, ray = open_store(folder), ray or FakeRay()
    async with ray.client() as client:
        dispatcher = Dispatcher(
            store,
            client,
            home,
            report_url="http://127.0.0.1:1",
            bulletin=Bulletin(),
            limits=Limits(**{"backoff_s": 0, "max_running_jobs": 1} | limits),
            confines=Confines(home=home, store=store) if confined else None,
        )
        yield Desk(dispatcher, store, ray, home)
