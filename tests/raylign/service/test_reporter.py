"""The reporter against a live gateway, one that is away, and one that comes back."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from service import TOKEN, Service, live_service, open_store, started, step, warning

from raylign.errors import Unauthorized
from raylign.record.events import Event
from raylign.record.lines import append_line, cut_torn_line, last_document
from raylign.record.rundir import RunDirectory, event_line
from raylign.service.reporter import BATCH_BYTES, BATCH_EVENTS, EVENT_BYTES, Reporter, Spool, read_token
from raylign.service.routes.reports import MAX_REPORT
from raylign.service.store import Store


def until(true: Callable[[], bool]) -> None:
    """Wait, at most the test's own time limit."""
    while not true():
        threading.Event().wait(0.02)


def say(reporter: Reporter, message: str) -> Event:
    """As the driver does: append to the spool, then wake who ships it."""
    spool = reporter._spool.path
    last = last_document(spool)
    event = warning(last["seq"] + 1 if last else 1, message)
    append_line(spool, event_line(event))
    reporter.wake()
    return event


def seqs(store: Store, job_id: str) -> list[int]:
    return [event.seq for event in store.events(job_id)]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_what_is_said_arrives_in_order(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)
    with Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl") as reporter:
        said = [say(reporter, str(n)) for n in range(2 * BATCH_EVENTS + 7)]
    assert service.store.events(made.id) == said


def test_what_no_report_can_hold_holds_up_nothing(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)
    with Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl") as reporter:
        for message in ("x" * BATCH_BYTES, "x" * (MAX_REPORT + 1), "after"):
            say(reporter, message)
    told = [event.data["message"] for event in service.store.events(made.id)]
    assert [told[0][:1], told[2]] == ["x", "after"]
    assert told[1].startswith("event 2, 'warning', has 8,000,0")
    assert BATCH_BYTES + EVENT_BYTES < MAX_REPORT


def test_events_appended_by_the_run_directory_are_shipped(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)
    with RunDirectory.create(tmp_path / "run", {}) as run:
        reporter = Reporter(service.url, made.id, 1, TOKEN, run.events_path)
        run.append(step(1))
        reporter.wake()
        until(lambda: seqs(service.store, made.id) == [1])
        run.append(step(2))
        assert reporter.close()
    assert seqs(service.store, made.id) == [1, 2]


def test_a_second_attempt_goes_on_with_the_numbers_of_the_first(service: Service, tmp_path: Path) -> None:
    made, attempt = started(service.store)
    spool = tmp_path / "events.jsonl"
    service.store.report(made.id, 1, TOKEN, [step(1)])
    spool.write_text("".join(event_line(step(n)) + "\n" for n in (1, 2)) + '{"seq": 3, "kind": "st')  # killed
    service.store.close_attempt(attempt, "killed", max_attempts=3)
    service.store.begin_attempt(made.id, token="second", run_dir="/x")
    cut_torn_line(spool)  # as RunDirectory.open does
    with Reporter(service.url, made.id, 2, "second", spool) as reporter:
        assert say(reporter, "again").seq == 3
    assert seqs(service.store, made.id) == [1, 2, 3]
    assert service.store.events(made.id)[2].data == {"message": "again"}


def test_a_driver_outlives_its_gateway_and_no_event_is_lost(tmp_path: Path) -> None:
    port = free_port()
    with live_service(tmp_path, port) as service:
        made, _ = started(service.store)
        reporter = Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl")
        say(reporter, "before")
        until(lambda: seqs(service.store, made.id) == [1])
    for _ in range(5):
        say(reporter, "while it is away")
    store = open_store(tmp_path)
    assert seqs(store, made.id) == [1]
    with live_service(tmp_path, port):
        until(lambda: seqs(store, made.id) == [1, 2, 3, 4, 5, 6])
        say(reporter, "after")
        assert reporter.close()
    assert seqs(store, made.id) == list(range(1, 8))


def test_a_gateway_that_lost_its_newest_events_gets_them_again(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)
    other, _ = started(service.store)
    reporter = Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl")
    for n in range(3):
        say(reporter, str(n))
    until(lambda: seqs(service.store, made.id) == [1, 2, 3])
    reporter._url = reporter._url.replace(made.id, other.id)  # a store restored from before the first event
    say(reporter, "3")
    assert reporter.close()
    assert seqs(service.store, other.id) == [1, 2, 3, 4]


def test_the_answer_brings_the_users_wish(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)
    with Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl", heartbeat_s=0.05) as reporter:
        assert reporter.desired == "run"
        service.store.cancel(made.id)
        until(lambda: reporter.desired == "cancel")


def test_a_heartbeat_needs_no_events(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)

    def heard() -> float:
        return service.store.dossier(made.id).attempts[0].reported_at or 0.0

    with Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl", heartbeat_s=0.05):
        until(lambda: heard() > 0)
        first = heard()
        until(lambda: heard() > first)


def test_a_stale_driver_is_told_to_stop_and_may_leave(service: Service, tmp_path: Path) -> None:
    made, attempt = started(service.store)
    service.store.close_attempt(attempt, "lost", max_attempts=3)
    reporter = Reporter(service.url, made.id, 1, TOKEN, tmp_path / "events.jsonl")
    say(reporter, "I was asleep")
    until(lambda: reporter.desired == "cancel")
    assert reporter.close()
    assert seqs(service.store, made.id) == []


@pytest.mark.parametrize("wrong", ["token", "port"])
def test_close_gives_up_at_its_deadline_and_the_spool_keeps_everything(
    service: Service, tmp_path: Path, wrong: str
) -> None:
    made, _ = started(service.store)
    url = service.url if wrong == "token" else f"http://127.0.0.1:{free_port()}"
    reporter = Reporter(url, made.id, 1, "not the token", tmp_path / "events.jsonl")
    say(reporter, "x")
    assert not reporter.close(deadline_s=0.3)
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 1
    reporter._thread.join()  # it leaves by itself


def test_a_damaged_line_stops_the_shipping_but_not_the_driver(service: Service, tmp_path: Path) -> None:
    made, _ = started(service.store)
    spool = tmp_path / "events.jsonl"
    spool.write_text(event_line(step(1)) + "\ngarbage\n" + event_line(step(3)) + "\n")
    with Reporter(service.url, made.id, 1, TOKEN, spool) as reporter:
        until(lambda: seqs(service.store, made.id) == [1])
    assert reporter.desired == "run"


def test_a_line_still_being_written_is_not_shipped(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events.jsonl")
    spool.advance(0, 1)
    event = step(1)
    whole = event_line(event)
    spool.path.write_text(whole[:20])
    assert spool.batch() == ([], 0)
    spool.path.write_text(whole + "\n")
    lines, end = spool.batch()
    assert [Event.model_validate_json(line) for line in lines] == [event]
    assert end == len(whole) + 1


def test_the_token_is_read_from_the_run_directory(tmp_path: Path) -> None:
    with pytest.raises(Unauthorized, match="report-token"):
        read_token(tmp_path)
    (tmp_path / "report-token").write_text("secret\n")
    assert read_token(tmp_path) == "secret"
