"""Migrations: an old database becomes what the code expects; a newer one is refused."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from service import open_store
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from raylign.errors import StoreError
from raylign.service.store import database, open_database
from raylign.service.store.database import Database
from raylign.service.store.schema import metadata


def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with open_database(url).writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        open_database(url)


def test_an_old_store_is_brought_to_the_newest_schema_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "raylign.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = database._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with contextlib.closing(sqlite3.connect(path)) as old:
        columns = "id, name, document, body_sha256, state, desired, status_reason, last_seq, created_at"
        row = ("job_1", "old", '{"name": "old"}', "x", "recovering", "run", "", 0, 1.0)
        old.execute(f"INSERT INTO jobs ({columns}) VALUES ({', '.join('?' * len(row))})", row)
        old.execute("INSERT INTO events VALUES ('job_1', 1, 1, 1.0, 'warning', '{}')")
        old.commit()
    store = open_store(tmp_path)
    assert store.ready()
    assert store.document("job_1") == {"name": "old"}
    assert [one.id for one in store.waiting(limit=1)] == ["job_1"]
    assert store.get("job_1").tenant == "default"
    assert [event.seq for event in store.events("job_1")] == [1]
    with pytest.raises(IntegrityError), store._database.writing() as connection:  # bound to their jobs as before
        connection.execute(text("DELETE FROM jobs"))
