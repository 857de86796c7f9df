"""Jobs with their attempts."""

import threading
from pathlib import Path
from typing import Any

from service import job, open_store, started
from sqlalchemy import event

from raylign.service.store import AttemptState, State, Store


def test_jobs_are_listed_newest_first_in_pages(store: Store) -> None:
    ids = []
    for name in ("a", "b", "c"):
        ids.append(store.create(job(name))[0].id)
        threading.Event().wait(0.003)
    newest = store.latest(limit=2)
    assert [one.job.id for one in newest] == [ids[2], ids[1]]
    assert [one.job.id for one in store.latest(before=ids[1])] == [ids[0]]
    store.cancel(ids[0])
    assert [one.job.id for one in store.latest(state=State.CANCELLED)] == [ids[0]]


def test_a_list_reads_no_documents_and_asks_for_all_attempts_at_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    made = [started(store)[0].id for _ in range(5)]
    waiting, _ = store.create(job())
    statements: list[str] = []
    event.listen(
        store._database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement)
    )
    listed = store.latest()
    assert sorted(one.job.id for one in listed) == sorted([*made, waiting.id])
    attempts = {one.job.id: [attempt.state for attempt in one.attempts] for one in listed}
    assert attempts == {made_id: [AttemptState.SUBMITTED] for made_id in made} | {waiting.id: []}
    selects = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(selects) == 1  # of one moment, whatever is written meanwhile
    assert "document" not in "".join(selects)


def test_jobs_are_found_by_name_and_by_what_was_said_of_them(store: Store) -> None:
    first, _ = store.create(job("tone"), metadata={"team": "a", "the run": "it's 1"})
    second, _ = store.create(job("tone"), metadata={"team": "b"})
    third, _ = store.create(job("other"), metadata={"team": "a"})

    def found(**asked: Any) -> set[str]:
        return {one.job.id for one in store.latest(**asked)}

    assert found(name="tone") == {first.id, second.id}
    assert found(metadata={"team": "a"}) == {first.id, third.id}
    assert found(metadata={"team": "a", "the run": "it's 1"}) == {first.id}
    assert found(metadata={"team": "b"}, name="other") == set()
    assert found(metadata={"x' OR 1=1 --": "a"}) == set()
    assert store.get(first.id).metadata == {"team": "a", "the run": "it's 1"}
