"""The gateway with its dispatcher beside a bare FastAPI + sqlite3 floor: latencies, submits, idling, many watchers.

`raylign serve` in a process of its own, on a store full of queued jobs; its Ray is a dictionary behind Ray's REST API.
The floor is served alike, its table as full. Rounds go by turns, so what else the machine does meets both.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import insert, select

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from service import FakeRay, http_server, job_document

from benchmarks.bare_gateway import make_database
from benchmarks.requests import duration, latencies
from benchmarks.stolen import Stolen
from benchmarks.watchers import allow_connections, lags
from raylign.service.home import Home, load_api_key, open_home
from raylign.service.store import Store, open_database
from raylign.service.store.jobs import new_job_id
from raylign.service.store.schema import jobs
from raylign.spec import parse_job

ROUNDS = 5
CLIENTS = 4
"""Who submit at a time."""
START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is asked of both sides; requests are those of one round."""

    queued: int = 20_000
    gets: int = 300
    lists: int = 60
    submits: int = 200
    idle_s: float = 20.0
    watchers: int = 1_000
    reports: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two servers."""

    url: str
    key: str
    process: psutil.Process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    stolen = Stolen()
    rows = measure(Size())
    print(f"{'':44} {'gateway':>9} {'floor':>9} {'ratio':>6}  aim")
    for row in rows:
        beside = f"{row['floor']:9.2f} {row['seen']:6.2f}" if row["floor"] else " " * 16
        verdict = "" if row["met"] else "  MISSED"
        print(f"{row['what']:44} {row['gateway']:9.2f} {beside}  {row['aim']}{verdict}")
    print(f"stolen by the machine's host: {stolen.share():.0%}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


def measure(size: Size) -> list[dict[str, Any]]:
    """A row for each figure."""
    allow_connections(size.watchers)
    document = job_document()
    ray = FakeRay()
    with tempfile.TemporaryDirectory() as name, http_server(ray.app()) as ray_url:
        home, database = open_home(Path(name) / "home"), Path(name) / "floor.db"
        ids = fill(home, document, size.queued)
        make_database(database, ids, document)
        with served_bare(database) as floor, served(home, ray_url) as gateway:
            wait_for(lambda: bool(ray.submits))
            run_dir = home.jobs / ray.submits[0]["metadata"]["raylign_job_id"]
            idle = idle_share(gateway, size.idle_s)
            gets = [f"/v1/jobs/{job_id}" for job_id in ids[: size.gets]]
            get = medians(gateway, floor, gets)
            page = medians(gateway, floor, ["/v1/jobs?limit=50"] * size.lists)
            submit = rates(gateway, floor, json.dumps(document).encode(), size.submits)
            lag = asyncio.run(lags(gateway.url, gateway.key, run_dir, watchers=size.watchers, reports=size.reports))
    return [
        beside("get, p50, ms", get, most=3),
        beside("list of 50, p50, ms", page, most=4),
        beside("submits a second", submit, least=1 / 3),
        alone(f"idle at {size.queued:,} queued, % of a core", 100 * idle, below=3),
        alone(f"news to the last of {size.watchers:,} watchers, p50, s", statistics.median(lag), below=1),
        alone("the same, slowest, s", max(lag), below=1),
    ]


def beside(what: str, pair: tuple[float, float], *, most: float = float("inf"), least: float = 0) -> dict[str, Any]:
    """A figure of both sides, whose ratio counts."""
    ours, floor = pair
    aim = f"at least {least:.2f}" if least else f"at most {most:g}"
    seen = ours / floor
    return {"what": what, "gateway": ours, "floor": floor, "seen": seen, "aim": aim, "met": least <= seen <= most}


def alone(what: str, ours: float, *, below: float) -> dict[str, Any]:
    """A figure that counts by itself."""
    return {"what": what, "gateway": ours, "floor": None, "seen": ours, "aim": f"under {below:g}", "met": ours < below}


def medians(gateway: Side, floor: Side, paths: list[str]) -> tuple[float, float]:
    """Median milliseconds of a GET at either side."""
    seconds: dict[str, list[float]] = {gateway.url: [], floor.url: []}
    for _ in range(ROUNDS):
        for side in (gateway, floor):
            seconds[side.url] += latencies(side.url, side.key, paths)
    return 1e3 * statistics.median(seconds[gateway.url]), 1e3 * statistics.median(seconds[floor.url])


def rates(gateway: Side, floor: Side, body: bytes, count: int) -> tuple[float, float]:
    """Submits a second at either side."""
    seconds = {gateway.url: 0.0, floor.url: 0.0}
    for _ in range(ROUNDS):
        for side in (gateway, floor):
            seconds[side.url] += duration(side.url, side.key, "/v1/jobs", body, count=count, clients=CLIENTS)
    return ROUNDS * count / seconds[gateway.url], ROUNDS * count / seconds[floor.url]


def idle_share(side: Side, seconds: float) -> float:
    """CPU seconds a second of a server that nobody asks anything."""
    before = side.process.cpu_times()
    time.sleep(seconds)
    after = side.process.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds


def fill(home: Home, document: dict[str, Any], count: int) -> list[str]:
    """Queue a job in the home's store so many times; their ids, oldest first."""
    database = open_database(home.database_url)
    first, _ = Store(database).create(parse_job(document))
    with database.writing() as connection:
        row = dict(connection.execute(select(jobs)).mappings().one())
        copies = [row | {"id": new_job_id()} for _ in range(count - 1)]
        connection.execute(insert(jobs), copies)
    database.engine.dispose()
    return [first.id, *sorted(copy["id"] for copy in copies)]


@contextlib.contextmanager
def served(home: Home, ray_url: str) -> Iterator[Side]:
    """`raylign serve` on a home, told of a Ray."""
    command = [sys.executable, "-m", "raylign.cli", "serve", "--home", str(home.path), "--port", "0"]
    with _running([*command, "--ray-url", ray_url]) as process:
        wait_for(lambda: home.gateway_record.exists() and home.gateway_record.read_text().endswith("}"), process)
        record = json.loads(home.gateway_record.read_text())
        yield Side(url=record["url"], key=load_api_key(home), process=psutil.Process(process.pid))


@contextlib.contextmanager
def served_bare(database: Path) -> Iterator[Side]:
    """The floor on its table."""
    with _running([sys.executable, "-m", "benchmarks.bare_gateway", str(database)]) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Side(url=f"http://127.0.0.1:{port}", key="", process=psutil.Process(process.pid))


def wait_for(ready: Callable[[], bool], process: "subprocess.Popen[str] | None" = None) -> None:
    """Until it is so. Ends the benchmark where it does not come, or the process has ended."""
    end = time.monotonic() + START_S
    while not ready():
        if time.monotonic() > end or (process is not None and process.poll() is not None):
            raise SystemExit(f"the gateway did not start within {START_S:g} s, or ended; its messages are above")
        time.sleep(0.02)


@contextlib.contextmanager
def _running(command: list[str]) -> "Iterator[subprocess.Popen[str]]":
    root = Path(__file__).parents[1]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


if __name__ == "__main__":
    main()
