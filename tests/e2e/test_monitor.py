"""A real Prometheus scrapes a real job: every panel of the dashboard, and every alert, has what it asks for."""

import os
import shutil
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
from jobs import PATIENCE_S, finish, small_job, start

from raylign.monitor.dashboard import UID, dashboard
from raylign.service.client import Client
from raylign.service.dispatch.local_ray import find_ray
from raylign.service.home import Home, find_gateway
from raylign.spec import load_job

pytestmark = [pytest.mark.ray, pytest.mark.proof, pytest.mark.timeout(3 * PATIENCE_S)]

TOLD_OF_NOBODY = {"ray_raylign_canary_agreement"}
"""No judge of the job has canaries."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def stopped_at_last():
    processes = []
    yield processes
    for process in reversed(processes):
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
            finish(process, seconds=60)


def test_every_panel_shows_a_job_that_runs(tmp_path: Path, stopped_at_last: list) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("Prometheus is not installed (Debian: `apt install prometheus`)")
    home = tmp_path / "home"
    stopped_at_last.append(start("raylign.cli", "serve", "--home", str(home), "--port", "0"))
    until(Home(home).gateway_record.exists)
    port = free_port()
    settings = ["--prometheus-port", str(port), "--grafana-port", str(free_port())]
    stopped_at_last.append(start("raylign.cli", "monitor", "--home", str(home), *settings))
    rollout = {"engine": "transformers", "max_tokens": 24, "context_tokens": 128}
    checkpoint = {"every": 2, "keep_last": 2}
    job = small_job(tmp_path, "lagrangian", "rewards", "codpo", steps=400, rollout=rollout, checkpoint=checkpoint)
    with Client(*find_gateway(home)) as client:
        sent = client.submit(load_job(job).model_dump(mode="json"))["id"]
        panels = [panel for panel in dashboard()["panels"] if panel["type"] == "timeseries"]
        queries = {panel["title"]: panel["targets"][0]["expr"].replace("$align_job", sent) for panel in panels}
        expected = [title for title, query in queries.items() if not any(name in query for name in TOLD_OF_NOBODY)]

        def answered() -> bool:
            return not silent(port, {title: queries[title] for title in expected})

        until(answered, or_say=lambda: f"no data for {silent(port, queries)}; the job: {client.get(sent)}")
        client.cancel(sent)
    ray = find_ray(Home(home))
    assert ray is not None
    headers = {"Authorization": f"Bearer {(home / 'ray_token').read_text().strip()}"}
    embedded = httpx.get(f"{ray.dashboard_url}/api/grafana_health", headers=headers, timeout=20)
    assert UID in embedded.text or not embedded.is_success  # it names the dashboards where a Grafana answers
    groups = httpx.get(f"http://127.0.0.1:{port}/api/v1/rules", timeout=20).json()["data"]["groups"]
    assert [rule["health"] for group in groups for rule in group["rules"] if rule["health"] == "err"] == []
    monitor = stopped_at_last.pop()
    os.kill(monitor.pid, signal.SIGTERM)
    finish(monitor, seconds=60)
    with pytest.raises(httpx.TransportError):  # it took Prometheus with it
        httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=5)


def silent(port: int, queries: dict[str, str]) -> list[str]:
    """Titles of the panels that have no data."""
    found = []
    for title, query in queries.items():
        try:
            asked = httpx.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": query}, timeout=20)
            data = asked.json()["data"]["result"]
        except httpx.TransportError:
            return list(queries)
        if not data:
            found.append(title)
    return found


def until(holds, *, seconds: float = PATIENCE_S / 2, or_say=lambda: "") -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain; {or_say()}"
        time.sleep(1)
