"""A Ray head of the service's own on this machine.

It is a child in a session of its own, recorded in the home: a gateway that was killed and comes back finds it, with
its running job. It has its own ports, temp directory and token, so other Ray clusters on the machine are left alone.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil

from raylign.errors import ServeError
from raylign.monitor.dashboard import UID
from raylign.record.whole import write_whole
from raylign.service.dispatch.ray_jobs import find_token
from raylign.service.home import Home, read_record, write_record

# The head may outlive this process on purpose; a Popen that is forgotten would complain of that.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRay:
    """A running Ray head."""

    pid: int
    """Of `ray start --block`, the parent of all of Ray's processes."""
    created: float
    """When that process began: tells it from a later one with the same pid."""
    dashboard_url: str
    gcs_address: str
    temp_dir: str


def ensure_ray(
    home: Home, *, num_cpus: float | None = None, dashboard_port: int | None = None, start_s: float = 120
) -> LocalRay:
    """The home's Ray head: the one that is recorded and answers, or a new one.

    Raises `ServeError` when it does not come up within ``start_s`` seconds.
    """
    found = find_ray(home)
    if found is not None and _answers(found.dashboard_url, home):
        return found
    stop_ray(home)
    return start_ray(home, num_cpus=num_cpus, dashboard_port=dashboard_port, start_s=start_s)


def find_ray(home: Home) -> LocalRay | None:
    """The recorded Ray head, if its process lives."""
    record = read_record(home.ray_record)
    if record is None:
        return None
    ray = LocalRay(**record)
    return ray if _process(ray) is not None else None


def start_ray(
    home: Home, *, num_cpus: float | None = None, dashboard_port: int | None = None, start_s: float = 120
) -> LocalRay:
    """Start a Ray head and wait until its Jobs API answers. Raises `ServeError`."""
    executable = Path(sys.executable).parent / "ray"
    if not executable.is_file():
        raise ServeError(f"there is no {str(executable)!r}: install raylign with its `cpu` or `gpu` extra")
    if not home.ray_token.is_file():
        write_whole(home.ray_token, secrets.token_hex(32), secret=True)
    # Unix socket paths below it may have 107 bytes: a home directory is often too long.
    temp_dir = tempfile.mkdtemp(prefix="rl-", dir="/tmp")
    # Every port Ray would otherwise take by number: another Ray on the machine may hold it.
    gcs, client, metrics, agent, free = _free_ports(5)
    dashboard = dashboard_port or free
    command = [
        *(str(executable), "start", "--head", "--block", "--disable-usage-stats", "--include-dashboard=true"),
        *(f"--port={gcs}", f"--ray-client-server-port={client}", f"--metrics-export-port={metrics}"),
        f"--dashboard-agent-listen-port={agent}",
        *("--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", f"--temp-dir={temp_dir}"),
        *(() if num_cpus is None else (f"--num-cpus={num_cpus:g}",)),
    ]
    with home.ray_log.open("w") as log:
        child = subprocess.Popen(
            command,
            cwd=home.path,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children.append(child)
    ray = LocalRay(
        pid=child.pid,
        created=psutil.Process(child.pid).create_time(),
        dashboard_url=f"http://127.0.0.1:{dashboard}",
        gcs_address=f"127.0.0.1:{gcs}",
        temp_dir=temp_dir,
    )
    write_record(home.ray_record, asdict(ray))
    deadline = time.monotonic() + start_s
    while not _answers(ray.dashboard_url, home):
        if child.poll() is not None or time.monotonic() > deadline:
            why = "ended at once" if child.poll() is not None else f"did not answer within {start_s:g} s"
            tail = "\n".join(home.ray_log.read_text(errors="replace").splitlines()[-15:])
            stop_ray(home)
            raise ServeError(f"the local Ray {why}; the end of {str(home.ray_log)!r}:\n{tail}")
        time.sleep(0.2)
    return ray


def stop_ray(home: Home, *, grace_s: float = 15) -> None:
    """Stop the recorded Ray head, if any, with everything it started, and remove its files."""
    record = read_record(home.ray_record)
    if record is None:
        return
    ray = LocalRay(**record)
    process = _process(ray)
    if process is not None:
        family = [process, *process.children(recursive=True)]
        process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=grace_s)
        for survivor in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                survivor.kill()
        psutil.wait_procs(alive, timeout=5)
    _forget(ray.pid)
    shutil.rmtree(ray.temp_dir, ignore_errors=True)
    home.ray_record.unlink(missing_ok=True)


def _forget(pid: int) -> None:
    """Of a child that has ended: a Popen that was not asked would say, once this process ends, that it still runs."""
    for child in [child for child in _children if child.pid == pid and child.poll() is not None]:
        _children.remove(child)


def _environment(home: Home) -> Mapping[str, str]:
    """What the head, and through it every driver and worker, inherits."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("RAY_ADDRESS", "RAY_AUTH_TOKEN")}
    # The dashboard's Metrics page embeds our Grafana dashboard in the place of its second one.
    shown = {"RAY_GRAFANA_DATA_DASHBOARD_UID": UID}
    return {
        **shown,
        **inherited,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(home.ray_token),
        "RAY_DEDUP_LOGS": "0",
    }


def _process(ray: LocalRay) -> psutil.Process | None:
    try:
        process = psutil.Process(ray.pid)
        same = abs(process.create_time() - ray.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def _answers(url: str, home: Home) -> bool:
    """Whether the Jobs API is up: listing jobs needs the dashboard, the GCS and the head's agent."""
    try:
        response = httpx.get(
            f"{url}/api/jobs/",
            headers={"Authorization": f"Bearer {find_token(home.ray_token)}"},
            timeout=5,
            trust_env=False,
        )
    except httpx.TransportError:
        return False
    return response.is_success


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on at the moment."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            sock.bind(("", 0))
            ports.append(sock.getsockname()[1])
        return ports
