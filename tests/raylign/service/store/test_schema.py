"""The tables: what is asked often is found by an index."""

from pathlib import Path
from typing import Any

import pytest
from service import job, open_store
from sqlalchemy import Connection, event

from raylign.service.store import State, Store


def plans(store: Store, ask: Any) -> list[str]:
    """SQLite's plan for every query that ``ask`` makes."""
    found: list[str] = []
    engine = store._database.engine

    def explain(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        if statement.startswith("SELECT"):
            found.append("; ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    return found


def page(jobs: str) -> str:
    """The plan of one page of jobs with their attempts, by that of its jobs."""
    attempts = "SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (job_id=?) LEFT-JOIN"
    return f"CO-ROUTINE anon_1; {jobs}; SCAN anon_1; {attempts}; USE TEMP B-TREE FOR ORDER BY"


FULL_TENANTS = (
    "LIST SUBQUERY 2; SCAN quotas; CORRELATED SCALAR SUBQUERY 1; "
    "SEARCH jobs USING COVERING INDEX ix_jobs_tenant_state_id (tenant=? AND state=?)"
)
"""A quota a tenant is looked at."""


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (
            lambda store: store.waiting(limit=3),
            [
                f"SEARCH jobs USING INDEX ix_jobs_queue (state=?); {FULL_TENANTS}; CORRELATED SCALAR SUBQUERY 3; "
                "SEARCH jobs_1 USING INDEX sqlite_autoindex_jobs_1 (id=?)"
            ]
            * 2,
        ),
        (lambda store: store.latest(), [page("SCAN jobs USING INDEX sqlite_autoindex_jobs_1")]),
        (lambda store: store.latest(state=State.FAILED), [page("SEARCH jobs USING INDEX ix_jobs_state_id (state=?)")]),
        (
            lambda store: store.latest(state=State.FAILED, before="job_x"),
            [page("SEARCH jobs USING INDEX ix_jobs_state_id (state=? AND id<?)")],
        ),
        (lambda store: store.latest(tenant="a"), [page("SEARCH jobs USING INDEX ix_jobs_tenant_id (tenant=?)")]),
        (
            lambda store: store.latest(tenant="a", state=State.FAILED, before="job_x"),
            [page("SEARCH jobs USING INDEX ix_jobs_tenant_state_id (tenant=? AND state=? AND id<?)")],
        ),
        (lambda store: store.key("k"), ["SEARCH keys USING INDEX sqlite_autoindex_keys_1 (id=?)"]),
        (
            lambda store: store.detail(store.create(job())[0].id),
            [
                "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?); "
                "SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (job_id=?) LEFT-JOIN",
                "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)",
            ],
        ),
        (
            lambda store: store.open_attempts(),
            ["SEARCH attempts USING INDEX ix_attempts_state (state=?); USE TEMP B-TREE FOR ORDER BY"],
        ),
        (
            lambda store: store.events(store.create(job())[0].id, after=5),
            [
                "SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)",
                "SEARCH events USING INDEX sqlite_autoindex_events_1 (job_id=? AND seq>?)",
            ],
        ),
    ],
)
def test_every_query_finds_its_rows_by_an_index(tmp_path: Path, ask: Any, expected: list[str]) -> None:
    """Only open attempts are sorted, of which there are as many as run at a time, and what one page holds."""
    store = open_store(tmp_path)
    assert plans(store, lambda: ask(store)) == expected
