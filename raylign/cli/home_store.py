"""The store of a home, opened by who runs its service, whether or not a gateway does."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from raylign.service.store import Store

Database = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="RAYLIGN_DATABASE_URL",
        help="The service's, where it is not the home's own SQLite.",
    ),
]


@contextmanager
def home_store(home: Path, database_url: str | None) -> "Iterator[Store]":
    """Raises `StoreError` where it cannot be opened."""
    from raylign.service.home import open_home
    from raylign.service.store import Store, open_database

    database = open_database(database_url or open_home(home).database_url)
    try:
        yield Store(database)
    finally:
        database.engine.dispose()


def audited(home: Path, did: str, *, tenant: str) -> None:
    """Add to the home's audit log what was done from the command line."""
    from raylign.service.audit import Audit
    from raylign.service.home import open_home

    Audit(open_home(home).audit).say(tenant=tenant, key=None, **{"from": f"command line, {_user()}"}, did=did)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an account without a name"
