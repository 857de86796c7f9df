"""`raylign serve`: gateway, dispatcher and, unless told of a cluster, a local Ray, in one command."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from raylign.errors import RayRefused, RayUnreachable, ServeError, StoreError, StoreUnavailable
from raylign.service import tls
from raylign.service.allowance import Allowance
from raylign.service.answering.engines import Chat
from raylign.service.app import create_app
from raylign.service.audit import Audit
from raylign.service.bulletin import Bulletin
from raylign.service.confines import Confines
from raylign.service.dispatch.dispatcher import Dispatcher, Limits
from raylign.service.dispatch.local_ray import LocalRay, ensure_ray, find_ray, start_ray, stop_ray
from raylign.service.dispatch.ray_jobs import RAY_TERMINAL, RayJobs
from raylign.service.dispatch.spool import collect
from raylign.service.gateway import PAUSE_TTL_S, Gateway
from raylign.service.home import Home, hold, load_api_key, load_identity, open_home, write_record
from raylign.service.openai.settings import FineTuning
from raylign.service.store import Lease, Store, open_database
from raylign.service.tls import Certificate
from raylign.service.webhooks.sender import WebhookSender

logger = logging.getLogger(__name__)

RAY_LOOK_S = 5.0
RAY_SLOWEST_LOOK_S = 60.0
"""Between two tries to start a local Ray that does not start."""
LEASE_RENEW_S = 10.0
THREADS = 64
"""For calls of the store: those that wait for their turn to write must leave some to those that read."""
DRIVER_LEAVE_S = 10.0
"""For running drivers to end when the service stops and takes its Ray with it."""
MAX_HEAD = 32_768
"""Bytes of a request's line and headers."""
SHUTDOWN_S = 5
"""For open requests to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `serve` can be told."""

    host: str = "127.0.0.1"
    port: int = 8420
    ray_url: str | None = None
    """Dashboard address of a running cluster; None: a local Ray of our own."""
    num_cpus: float | None = None
    """CPUs of the local Ray; the machine's where absent."""
    ray_dashboard_port: int | None = None
    """Of the local Ray; a free one where absent."""
    database_url: str | None = None
    """SQLAlchemy URL; SQLite in the home where absent."""
    report_url: str | None = None
    """Address under which drivers reach this gateway; this machine's loopback where absent."""
    allowed_hosts: Sequence[str] = ()
    """Names, besides localhost, under which clients call."""
    certificate: Certificate | None = None
    """What the gateway shows; it speaks plain HTTP where absent."""
    ca: Path | None = None
    """By which drivers and the clients of this home know it; the certificate itself where absent."""
    allowed_paths: Sequence[Path] = ()
    """What the jobs of every tenant may read besides its own; where some are said, those of ``default``, too."""
    allowed_stores: Sequence[str] = ()
    """Addresses of object stores below which jobs may keep checkpoints, each tenant in a folder of its name."""
    allowance: Allowance = field(default_factory=Allowance)
    """What posted jobs may do beyond the service's own machines."""
    pause_ttl_s: float = PAUSE_TTL_S
    """For which a job may stay paused."""
    chat_engines: int = 1
    """Models that chat is answered by at once; 0: there is no chat."""
    fine_tuning: FineTuning = field(default_factory=FineTuning)
    """What fine-tuning jobs are told, and which models there are."""
    limits: Limits = field(default_factory=Limits)
    secret_keys: Path | None = None
    """The file with what seals tenants' secrets; the home's where absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Told to ``on_ready`` once the gateway takes requests."""

    url: str
    ray_url: str
    home: Home
    api_key: str
    new_key: bool
    """Whether this start made the key: then, and only then, it is shown."""
    ray_token: Path | None
    """File with the token that the dashboard of a local Ray asks for."""


def serve(
    home: Path, settings: Settings | None = None, *, on_ready: Callable[[Serving], None] = lambda serving: None
) -> None:
    """Run the service until SIGINT or SIGTERM. Stops the Ray it started, and nothing else, on the way out.

    Raises `ServeError` when the port is taken, the home is in use, or Ray does not start; `StoreError` when the
    database cannot be opened.
    """
    settings = settings or Settings()
    if settings.certificate is not None:
        settings.certificate.require()
        ca = settings.ca or os.environ.get(tls.VARIABLE) or settings.certificate.cert
        os.environ[tls.VARIABLE] = str(Path(ca).expanduser().resolve())
    place = open_home(home)
    with hold(place), _listening(settings.host, settings.port) as sock:
        database = open_database(settings.database_url or place.database_url)
        store, lease = Store(database), Lease(database, load_identity(place))
        with _leased(lease):
            if settings.ray_url is not None:
                asyncio.run(_run(place, store, lease, sock, settings, None, on_ready))
                return
            try:
                ray = ensure_ray(place, num_cpus=settings.num_cpus, dashboard_port=settings.ray_dashboard_port)
                asyncio.run(_run(place, store, lease, sock, settings, ray, on_ready))
            finally:
                with _undisturbed():
                    stop_ray(place)
                    _interrupt(store, place)


async def _run(
    home: Home,
    store: Store,
    lease: Lease,
    sock: socket.socket,
    settings: Settings,
    local: LocalRay | None,
    on_ready: Callable[[Serving], None],
) -> None:
    port = sock.getsockname()[1]
    scheme = "https" if settings.certificate else "http"
    url = f"{scheme}://{'127.0.0.1' if settings.host in ('0.0.0.0', '::') else settings.host}:{port}"
    report_url = settings.report_url or url
    ray_url = local.dashboard_url if local else settings.ray_url or ""
    had_key = home.api_key.is_file()
    bulletin, key, ray_token = Bulletin(), load_api_key(home), home.ray_token if local else None
    new_key = not had_key and home.api_key.is_file()
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    async with RayJobs(ray_url, token_path=ray_token) as ray:
        hosts = [*settings.allowed_hosts, *filter(None, [urlsplit(report_url).hostname])]
        confines = _confines(home, store, settings)
        gateway = Gateway(
            store=store,
            bulletin=bulletin,
            ray=ray,
            api_key=key,
            home=home,
            fine_tuning=settings.fine_tuning,
            allowed_hosts=hosts,
            allowance=settings.allowance,
            pause_ttl_s=settings.pause_ttl_s,
            confines=confines,
            audit=Audit(home.audit),
            secret_keys=settings.secret_keys,
            chat=Chat(engines=settings.chat_engines, host="127.0.0.1" if local else None),
        )
        if renewed := await asyncio.to_thread(gateway.vault.renew):
            logger.info("%d secrets are sealed anew, by the first key in %s", renewed, gateway.vault.keys)
        app = create_app(gateway)

        def ready() -> None:
            ca = {"ca": os.environ[tls.VARIABLE]} if settings.certificate else {}
            write_record(home.gateway_record, {"url": url, "pid": os.getpid(), **ca})
            on_ready(Serving(url=url, ray_url=ray_url, home=home, api_key=key, new_key=new_key, ray_token=ray_token))

        server = _Server(http_config(app, settings.certificate), bulletin, ready)
        dispatcher = Dispatcher(
            store,
            ray,
            home,
            report_url=report_url,
            bulletin=bulletin,
            limits=settings.limits,
            confines=confines,
            vault=gateway.vault,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        webhooks = WebhookSender(store, private=settings.allowance.private_webhooks)
        background = [asyncio.create_task(one) for one in (dispatcher.run(), _keep_lease(lease), webhooks.run())]
        if local is not None:
            background.append(asyncio.create_task(_keep_ray(home, local, settings.num_cpus)))
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        await asyncio.wait({serving, *background}, return_when=asyncio.FIRST_COMPLETED)
        server.stop()
        failed = [task for task in background if task.done()]
        for task in background:
            task.cancel()
        await asyncio.gather(serving, *background, return_exceptions=True)
        await gateway.engines.close()
        home.gateway_record.unlink(missing_ok=True)
        if local is not None:
            await _dismiss_drivers(store, ray)
        for task in (serving, *failed):
            task.result()  # raises what ended it


def _confines(home: Home, store: Store, settings: Settings) -> Confines:
    """One's own gateway on one's own machine trusts its own tenant; whoever lets others in says what all may read."""
    alone = settings.host == "localhost"
    with contextlib.suppress(ValueError):  # any other name may be anybody's
        alone = alone or ip_address(settings.host).is_loopback
    allowed = [path.expanduser().resolve() for path in settings.allowed_paths]
    models = [Path(model) for model in settings.fine_tuning.models.values() if Path(model).is_dir()]
    return Confines(
        home=home,
        store=store,
        allowed=[*allowed, *models],
        stores=[url.rstrip("/") for url in settings.allowed_stores],
        trusts_default=alone and not allowed,
    )


def http_config(app: FastAPI, certificate: Certificate | None = None) -> uvicorn.Config:
    """How the gateway speaks HTTP; over TLS where it has a certificate."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        lifespan="off",
        ws="none",
        http="h11",  # httptools keeps headers without end in memory, whoever sends them
        h11_max_incomplete_event_size=MAX_HEAD,
        ssl_certfile=certificate.cert if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


class _Server(uvicorn.Server):
    """uvicorn, told to stop by `_run` instead of by signals of its own, which would end the process half-way."""

    def __init__(self, config: uvicorn.Config, bulletin: Bulletin, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._bulletin = bulletin
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def stop(self) -> None:
        """Take no more requests; end the open event streams."""
        self._bulletin.close()
        self.should_exit = True


async def _keep_ray(home: Home, local: LocalRay, num_cpus: float | None) -> None:
    """Start the local Ray again, at the same address, should it die. Ends only when cancelled."""
    port, pause = urlsplit(local.dashboard_url).port, RAY_LOOK_S
    while True:
        await asyncio.sleep(pause)
        try:
            if await asyncio.to_thread(find_ray, home) is None:
                await asyncio.to_thread(stop_ray, home)
                await asyncio.to_thread(start_ray, home, num_cpus=num_cpus, dashboard_port=port)
            pause = RAY_LOOK_S
        except (OSError, ValueError) as error:  # a ServeError is an OSError; a damaged ray.json is a ValueError
            pause = min(2 * pause, RAY_SLOWEST_LOOK_S)
            logger.warning("the local Ray is away; trying again in %g s: %s", pause, error)


async def _keep_lease(lease: Lease) -> None:
    """Renew the lease. Ends, with `StoreInUse`, when another gateway has taken the store over."""
    while True:
        await asyncio.sleep(LEASE_RENEW_S)
        try:
            await asyncio.to_thread(lease.renew)
        except StoreUnavailable as error:
            logger.warning("%s", error)


@contextlib.contextmanager
def _leased(lease: Lease) -> Iterator[None]:
    """Hold the store. Raises `StoreInUse` before anything is started."""
    lease.acquire()
    try:
        yield
    finally:
        try:
            lease.release()
        except StoreUnavailable as error:
            logger.warning("the store's lease stays until it ends by itself: %s", error)


async def _dismiss_drivers(store: Store, ray: RayJobs) -> None:
    """Ask running drivers to end before their Ray goes, so that none is killed in the middle of a checkpoint."""
    deadline = time.monotonic() + DRIVER_LEAVE_S
    try:
        waiting = [attempt.submission_id for _, attempt in await asyncio.to_thread(store.open_attempts)]
        for submission_id in waiting:
            await ray.stop(submission_id)
        while waiting and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
            seen = [(one, await ray.get(one)) for one in waiting]
            waiting = [one for one, job in seen if job is not None and job.status not in RAY_TERMINAL]
    except (RayUnreachable, RayRefused, StoreUnavailable) as error:
        logger.warning("drivers may still be running: %s", error)


def _interrupt(store: Store, home: Home) -> None:
    try:
        for _, attempt in store.open_attempts():
            collect(store, home, attempt)
            store.interrupt_attempt(attempt, "the service was stopped; the job goes on when it is started again")
    except StoreError as error:
        logger.warning("the jobs that ran will be found, as lost, when the service is started again: %s", error)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not leave half of Ray behind; what runs here is bounded in time."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket. Raises `ServeError` before anything else has been started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by name: asyncio turns Nagle's delay off only where it reads "TCP", and 0 is any.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(128)
        except OSError as error:
            raise ServeError(
                f"cannot listen on {host}:{port} ({error.strerror}): something else uses the port, "
                "or the address is not this machine's; give another one with --port or --host"
            ) from error
        yield sock
