"""The store on each database that it may be in: SQLite in a file, and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import emptied, postgres_server
from service import open_store

from raylign.service.store import Store, open_database
from raylign.service.store.database import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Database]:
    """One for all tests of a session."""
    with postgres_server() as url:
        database = open_database(url)
        yield database
        database.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """With tables, and nothing in them."""
    if request.param == "postgresql":
        return emptied(request.getfixturevalue("postgres"))
    return open_store(tmp_path)._database


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)
