"""A PostgreSQL of the tests' own: one server a session, in a directory of its own, without waits for the disk."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import text

from raylign.service.store.database import Database
from raylign.service.store.schema import metadata

START_S = 60
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses='' -c max_connections=200"


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of its one database. Skips, and fails where CI is set, where none is installed."""
    if find_spec("psycopg") is None:
        _missing("psycopg is not installed: pip install raylign[postgres]")
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        _missing("no PostgreSQL server is installed: initdb and pg_ctl are not on the PATH")
    folder = Path(tempfile.mkdtemp(prefix="raylign-postgres-"))
    data = folder / "data"
    try:
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        _as_nobody("initdb", "-D", data, "-U", "raylign", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        _as_nobody(
            "pg_ctl", "-D", data, "-w", "-t", START_S, "-o", f"{FAST} -k {folder}", "-l", folder / "log", "start"
        )
        try:
            yield f"postgresql+psycopg://raylign@/postgres?host={folder}"
        finally:
            _as_nobody("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def emptied(database: Database) -> Database:
    """The same, without a row."""
    with database.writing() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} CASCADE"))
    return database


def _as_nobody(*command: object) -> None:
    """PostgreSQL refuses to run as root."""
    whose = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    subprocess.run([*whose, *map(str, command)], check=True, capture_output=True, timeout=2 * START_S, cwd="/")


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
