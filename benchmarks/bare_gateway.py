"""The floor below the gateway: FastAPI and sqlite3, nothing between. Takes, shows and lists jobs; checks nothing."""

import asyncio
import json
import secrets
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

TABLE = "CREATE TABLE jobs (id TEXT PRIMARY KEY, name TEXT, state TEXT, created_at REAL, document TEXT)"
SHORT = "id, name, state, created_at"


def main() -> None:
    """``python -m benchmarks.bare_gateway DATABASE``: serves on a free loopback port, and prints its number first."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(128)
        print(sock.getsockname()[1], flush=True)
        config = uvicorn.Config(create_app(Path(sys.argv[1])), log_level="warning", access_log=False, lifespan="off")
        asyncio.run(uvicorn.Server(config).serve(sockets=[sock]))


def make_database(path: Path, ids: Iterable[str], document: dict[str, Any]) -> None:
    """A queued job for each of ``ids``."""
    row = (document["name"], "queued", time.time(), json.dumps(document))
    with connect(path) as connection:
        connection.execute(TABLE)
        connection.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", ((job_id, *row) for job_id in ids))
    connection.close()


def create_app(path: Path) -> FastAPI:
    """Three routes over the database at ``path``; a connection for each thread."""
    app, local, turn = FastAPI(), threading.local(), threading.Lock()

    def database() -> sqlite3.Connection:
        if "connection" not in local.__dict__:
            local.connection = connect(path)
        connection: sqlite3.Connection = local.connection
        return connection

    @app.post("/v1/jobs", status_code=201)
    def submit(document: dict[str, Any]) -> dict[str, Any]:
        job = {"id": f"job_{time.time_ns():x}{secrets.token_hex(8)}", "name": document["name"], "state": "queued"}
        with turn, database() as connection:
            values = (*job.values(), time.time(), json.dumps(document))
            connection.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", values)
        return job

    @app.get("/v1/jobs")
    def jobs(limit: int = 50, before: str = "~") -> dict[str, Any]:
        found = database().execute(f"SELECT {SHORT} FROM jobs WHERE id < ? ORDER BY id DESC LIMIT ?", (before, limit))
        return {"data": [dict(row) for row in found]}

    @app.get("/v1/jobs/{job_id}")
    def job(job_id: str) -> dict[str, Any]:
        row = database().execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return dict(row) | {"document": json.loads(row["document"])}

    return app


def connect(path: Path) -> sqlite3.Connection:
    """As durable as the gateway's store: a commit is on the disk."""
    connection = sqlite3.connect(path, timeout=10)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


if __name__ == "__main__":
    main()
