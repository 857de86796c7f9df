"""Many who watch one job's server-sent events, and how long its news takes to the last of them."""

import asyncio
import json
import resource
import time
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.requests import ask
from raylign.service.reporter import TOKEN_FILE

AT_ONCE = 50
"""Connections opened at a time; a listening socket queues 128."""
LIMIT_S = 60.0
SETTLE_S = 0.2
"""From the last watcher's first event to the report: by then all of them wait for news."""


def allow_connections(count: int) -> None:
    """Allow so many to this process and those it starts. Raises `ValueError` where the machine does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 256), hard))


async def lags(url: str, key: str, run_dir: Path, *, watchers: int, reports: int) -> list[float]:
    """Seconds from each report of the job's driver to its arrival at the last watcher."""
    job_id, token = run_dir.name, (run_dir / TOKEN_FILE).read_text().strip()
    async with asyncio.timeout(LIMIT_S):
        await asyncio.to_thread(report, url, job_id, token, 1)
        streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        try:
            for begin in range(0, watchers, AT_ONCE):
                some = range(begin, min(begin + AT_ONCE, watchers))
                opened = await asyncio.gather(*(_open(url, key, job_id) for _ in some))
                streams += opened
                await _arrival([reader for reader, _ in opened], 1)
            readers, seconds = [reader for reader, _ in streams], []
            for seq in range(2, 2 + reports):
                await asyncio.sleep(SETTLE_S)
                begun = time.perf_counter()
                await asyncio.gather(_arrival(readers, seq), asyncio.to_thread(report, url, job_id, token, seq))
                seconds.append(time.perf_counter() - begun)
        finally:
            for _, writer in streams:
                writer.close()
    return seconds


def report(url: str, job_id: str, token: str, seq: int) -> None:
    """What a driver sends after a step."""
    event = {"seq": seq, "time": time.time(), "kind": "step", "data": {"step": seq, "loss": 0.5}}
    ask(url, token, "POST", f"/v1/jobs/{job_id}/attempts/1/reports", json.dumps({"events": [event]}).encode())


async def _open(url: str, key: str, job_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    lines = [f"GET /v1/jobs/{job_id}/events HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}"]
    writer.write("\r\n".join([*lines, "Accept: text/event-stream", "", ""]).encode())
    return reader, writer


async def _arrival(readers: list[asyncio.StreamReader], seq: int) -> None:
    """Until the event of that number has come on every stream."""
    await asyncio.gather(*(reader.readuntil(f"id: {seq}\n".encode()) for reader in readers))
