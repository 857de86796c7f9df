"""The client against a live gateway, and against what is not one."""

import socket
import threading
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from service import KEY, TOKEN, Service, end, http_server, job_document, live_service, started, step

from raylign.errors import GatewayUnreachable, JobConflict, JobNotFound, SpecError, Unauthorized
from raylign.record.events import Event
from raylign.record.events.payloads import SamplesShown
from raylign.service.client import Client
from raylign.show.console import SHOWN


def test_submit_get_list_cancel(service: Service) -> None:
    with service.client() as client:
        made = client.submit(job_document("hello"), idempotency_key="k")
        assert client.submit(job_document("hello"), idempotency_key="k")["id"] == made["id"]
        assert client.get(made["id"])["document"]["name"] == "hello"
        assert [one["id"] for one in client.jobs(state="queued")] == [made["id"]]
        assert client.cancel(made["id"])["state"] == "cancelled"
        assert client.jobs(state="queued") == []
        assert client.metrics(made["id"]) == []


def test_a_plan_is_asked_for_without_queueing_anything(service: Service) -> None:
    with service.client() as client:
        assert client.plan(job_document())["plan"]["job"] == "tiny"
        assert client.plan({"stepz": 1})["errors"]
        assert client.jobs() == []


def test_pause_and_resume(service: Service) -> None:
    with service.client() as client:
        made = client.submit(job_document("hello"))
        paused = client.pause(made["id"], ttl_s=60)
        assert (paused["state"], paused["pause_ends_at"] > paused["created_at"]) == ("paused", True)
        assert client.resume(made["id"])["state"] == "queued"
        client.cancel(made["id"])
        for wish in (client.pause, client.resume):
            with pytest.raises(JobConflict, match="cancelled"):
                wish(made["id"])


def test_retry_delete_and_what_finds_a_job(service: Service) -> None:
    with service.client() as client:
        made = client.submit(job_document("hello"), metadata={"team": "a"}, priority=2)
        after = client.submit(job_document("hello"), after=made["id"])
        assert (made["metadata"], made["priority"], after["after"]) == ({"team": "a"}, 2, made["id"])
        assert [one["id"] for one in client.jobs(name="hello", metadata={"team": "a"})] == [made["id"]]
        client.cancel(made["id"])
        assert client.retry(made["id"])["state"] == "queued"
        assert client.attempts(made["id"]) == []
        with pytest.raises(JobConflict, match="cancel it before"):
            client.delete(made["id"])
        for one in (after, made):
            client.cancel(one["id"])
            client.delete(one["id"])
        assert client.jobs() == []


def test_the_events_of_a_retried_job_go_on_after_its_first_end(service: Service) -> None:
    made, attempt = started(service.store)
    service.store.report(made.id, 1, TOKEN, [end(1, "failed")])
    service.store.close_attempt(attempt, "left", max_attempts=1)
    service.store.retry(made.id)
    service.store.begin_attempt(made.id, token=TOKEN, run_dir="/x")
    service.store.report(made.id, 2, TOKEN, [step(2), end(3)])
    with service.client() as client:
        assert [event.seq for event in client.events(made.id)] == [1, 2, 3]


def test_errors_keep_their_type_and_their_words(service: Service) -> None:
    with service.client() as client:
        with pytest.raises(SpecError, match="did you mean 'steps'"):
            client.submit(job_document() | {"stepz": 1})
        with pytest.raises(JobNotFound, match="'job_x'"):
            client.get("job_x")
        with pytest.raises(JobNotFound, match="'job_x'"):
            next(client.events("job_x"))
        made = client.submit(job_document())
        with pytest.raises(JobNotFound, match="no report yet"):
            client.report(made["id"])
        client.cancel(made["id"])
        with pytest.raises(JobConflict, match="cancelled"):
            client.cancel(made["id"])
    with Client(service.url, "wrong") as client, pytest.raises(Unauthorized, match="API key"):
        client.jobs()


def test_a_word_finds_the_job_it_means(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raylign.service.client.PAGE", 2)  # so that the search has to turn the page
    with service.client() as client:
        with pytest.raises(JobNotFound, match="raylign jobs"):
            client.find("latest")
        once, first, second = (client.submit(job_document(name))["id"] for name in ("once", "twice", "twice"))
        assert client.find("latest")["id"] == second
        assert client.find(once)["id"] == client.find("once")["id"] == once
        assert client.find(first[:-1])["id"] == first
        with pytest.raises(SpecError, match=f"could be any of 2 jobs.*{first}"):
            client.find("twice")
        client.cancel(second)
        assert client.find("twice")["id"] == first
        client.cancel(first)
        assert client.find("twice")["id"] == second
        with pytest.raises(SpecError, match="could be any of 3"):
            client.find("job_")
        with pytest.raises(JobNotFound, match="'nobody'"):
            client.find("nobody")


def test_nobody_there_is_said_with_the_address() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    with Client(url, KEY) as client, pytest.raises(GatewayUnreachable, match=url):
        client.jobs()


def test_something_else_there_is_not_taken_for_a_gateway() -> None:
    app = FastAPI()

    @app.get("/{path:path}")
    def anything(path: str) -> PlainTextResponse:
        return PlainTextResponse("welcome to nginx")

    with http_server(app) as url, Client(url, KEY) as client:
        with pytest.raises(GatewayUnreachable, match="not a raylign gateway"):
            client.jobs()
        with pytest.raises(GatewayUnreachable, match="no answer"):
            next(client.events("job_x", patience_s=0))


def test_events_come_to_the_end_and_stop(service: Service) -> None:
    made, _ = started(service.store)
    service.store.report(made.id, 1, TOKEN, [step(1), step(2), end(3)])
    with service.client() as client:
        assert [event.seq for event in client.events(made.id)] == [1, 2, 3]
        assert [event.seq for event in client.events(made.id, after=2)] == [3]
        assert list(client.events(made.id, after=3)) == []


def test_events_of_some_kinds_are_all_that_comes_and_the_job_before_its_driver_too(service: Service) -> None:
    made, _ = started(service.store)
    shown = Event.of(SamplesShown(step=0, tasks={}), seq=2)
    service.store.report(made.id, 1, TOKEN, [step(1), shown])
    with service.client() as client:
        seen = []
        for event in client.events(made.id, kinds=SHOWN):
            seen.append((event.kind, event.seq))
            if event.kind == "status":
                service.store.report(made.id, 1, TOKEN, [shown.model_copy(update={"seq": 3}), end(4)])
                service.bulletin.post(made.id)
        assert seen == [("step", 1), ("status", 0), ("end", 4)]
        assert list(client.events(made.id, kinds=["step"], after=1)) == []


def test_events_go_on_over_a_gateway_that_is_killed_and_comes_back(tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    seen: list[int] = []
    first_came, losses = threading.Event(), []

    def watch(url: str, job_id: str) -> None:
        with Client(url, KEY) as client:
            for event in client.events(job_id, on_loss=losses.append):
                if event.seq:
                    seen.append(event.seq)
                    first_came.set()

    with live_service(tmp_path, port) as service:
        made, _ = started(service.store)
        service.store.report(made.id, 1, TOKEN, [step(1), step(2)])
        watcher = threading.Thread(target=watch, args=(service.url, made.id))
        watcher.start()
        assert first_came.wait(30)
    with live_service(tmp_path, port) as service:
        service.store.report(made.id, 1, TOKEN, [step(3), end(4)])
        watcher.join(60)
    assert seen == [1, 2, 3, 4]
    assert losses
