"""The gateway under load beside a bare FastAPI + sqlite3 floor: submits at a rate, reads of a full store, memory.

Requests come when they are due, whatever the ones before them take, so a server that stops for a moment shows it in the
slowest hundredth. `benchmarks.gateway` has what a request costs on a quiet server, and what a thousand watchers wait.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from service import FakeRay, http_server, job_document

from benchmarks.bare_gateway import make_database
from benchmarks.gateway import Side, fill, served, served_bare, wait_for
from benchmarks.requests import Ask, paced
from benchmarks.stolen import Stolen
from raylign.service.home import open_home

CLIENTS = 16
"""Connections that share a load."""
SEED = 13
SOAK_S = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of both sides."""

    stored: int = 100_000
    submits_per_s: float = 200
    submit_s: float = 30
    reads_per_s: float = 50
    read_s: float = 20
    """Of gets, and as long of lists."""
    soak_s: float = SOAK_S
    soak_per_s: float = 20
    """Requests a second, of each kind in turn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soak", type=float, default=SOAK_S, metavar="SECONDS", help="0: no look at memory")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    stolen = Stolen()
    rows = measure(replace(Load(), soak_s=options.soak))
    print(f"{'':44} {'gateway':>9} {'floor':>9} {'ratio':>6}  aim")
    for row in rows:
        verdict = "" if row["met"] else "  MISSED"
        ratio = row["gateway"] / row["floor"] if row["floor"] else float("nan")
        print(f"{row['what']:44} {row['gateway']:9.2f} {row['floor']:9.2f} {ratio:6.2f}  {row['aim']}{verdict}")
    print(f"stolen by the machine's host: {stolen.share():.0%}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


def measure(load: Load) -> list[dict[str, Any]]:
    """A row for each figure."""
    document, ray = job_document(), FakeRay()
    submit = Ask("POST", "/v1/jobs", json.dumps(document).encode())
    with tempfile.TemporaryDirectory() as name, http_server(ray.app()) as ray_url:
        home, database = open_home(Path(name) / "home"), Path(name) / "floor.db"
        ids = fill(home, document, load.stored)
        make_database(database, ids, document)
        dice = random.Random(SEED)
        dice.shuffle(ids)
        gets = [Ask("GET", f"/v1/jobs/{job_id}") for job_id in ids]
        lists = [Ask("GET", f"/v1/jobs?limit=50&before={job_id}") for job_id in ids]
        with served_bare(database) as floor, served(home, ray_url) as gateway:
            wait_for(lambda: bool(ray.submits))
            rows = []
            for what, asks, most_ms, rate, seconds in (
                (f"get, {load.stored:,} stored", gets, 30, load.reads_per_s, load.read_s),
                (f"list of 50, {load.stored:,} stored", lists, 30, load.reads_per_s, load.read_s),
                (
                    f"{load.submits_per_s:g} submits/s for {load.submit_s:g} s",
                    [submit],
                    100,
                    load.submits_per_s,
                    load.submit_s,
                ),
            ):
                ours, bare = (under(side, asks, rate, seconds) for side in (gateway, floor))
                rows += [
                    row(f"{what}: p50, ms", statistics.median(ours), statistics.median(bare)),
                    row(f"{what}: p99, ms", slowest_hundredth(ours), slowest_hundredth(bare), most_ms),
                ]
            if load.soak_s:
                rows += soak(gateway, floor, [submit, gets[0], lists[0], gets[1], lists[-1]], load)
    return rows


def row(what: str, gateway: float, floor: float, below: float | None = None) -> dict[str, Any]:
    """A figure of both sides; an aim counts by itself."""
    aim, met = ("", True) if below is None else (f"under {below:g}", gateway < below)
    return {"what": what, "gateway": gateway, "floor": floor, "aim": aim, "met": met}


def under(side: Side, asks: Sequence[Ask], rate: float, seconds: float) -> list[float]:
    """Milliseconds of each request of a load."""
    taken = paced(side.url, side.key, lambda n: asks[n % len(asks)], rate=rate, seconds=seconds, clients=CLIENTS)
    return [1e3 * one for one in taken]


def slowest_hundredth(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(values)[int(0.99 * (len(values) - 1))]


def soak(gateway: Side, floor: Side, asks: Sequence[Ask], load: Load) -> list[dict[str, Any]]:
    """Memory of both sides under the same mixed load: what the last quarter of it holds more than the second."""
    sides, done = (gateway, floor), threading.Event()
    seen: dict[str, list[float]] = {side.url: [] for side in sides}

    def watch() -> None:
        while not done.wait(load.soak_s / 100):
            for side in sides:
                seen[side.url].append(side.process.memory_info().rss / 2**20)

    with ThreadPoolExecutor(3) as pool:
        watching = pool.submit(watch)
        try:
            list(pool.map(lambda side: under(side, asks, load.soak_per_s, load.soak_s), sides))
        finally:
            done.set()
        watching.result()
    held, grown = [], []
    for side in sides:
        samples = seen[side.url]
        quarter = max(1, len(samples) // 4)
        held.append(statistics.median(samples[-quarter:]))
        grown.append(held[-1] - statistics.median(samples[quarter : 2 * quarter]))
    minutes = f"{load.soak_s / 60:g} min"
    ours, bare = grown
    return [row(f"memory after {minutes}, MiB", *held), row("grown since its second quarter, MiB", ours, bare, 8)]


if __name__ == "__main__":
    main()
