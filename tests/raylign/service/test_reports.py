"""What strangers and broken drivers can post as a report."""

import json
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from service import TOKEN, Service, live_service, started

from raylign.service.app import MAX_REPORT
from raylign.service.reporter import BATCH_BYTES


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with live_service(tmp_path) as running:
        yield running


def post(service: Service, job: str, body: bytes, *, token: str = TOKEN, n: str = "1") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{service.url}/v1/jobs/{job}/attempts/{n}/reports", content=body, headers=headers, timeout=20)


def test_the_token_is_looked_at_before_the_body(service: Service) -> None:
    job, _ = started(service.store)
    path = f"/v1/jobs/{job.id}/attempts/1/reports"
    promise = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\nContent-Length: 100000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", urlsplit(service.url).port), timeout=20) as wire:
        wire.sendall(promise.encode())
        assert wire.recv(12) == b"HTTP/1.1 401"  # and nothing of the body was sent
    assert post(service, job.id, b"not json", token="none").status_code == 401
    assert post(service, "job_x", b"not json").status_code in (401, 404)


def test_millions_of_faults_are_one_short_answer(service: Service) -> None:
    job, _ = started(service.store)
    body = b'{"events":[' + b",".join([b"{}"] * 1_000_000) + b"]}"
    tracemalloc.start()
    try:
        answer = post(service, job.id, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code == 422
    assert len(answer.content) < 2000
    assert peak < 10 * len(body)  # an error for each fault would be two hundred times the body


def test_a_body_over_the_limit_is_refused_and_the_reporter_keeps_well_below_it(service: Service) -> None:
    job, _ = started(service.store)
    assert post(service, job.id, b" " * (MAX_REPORT + 1)).status_code == 413
    assert BATCH_BYTES * 2 < MAX_REPORT


@pytest.mark.parametrize(
    "event",
    [
        {"seq": 1, "time": "NaN", "kind": "status", "data": {}},
        {"seq": 1, "time": 1.0, "kind": "end", "data": {"state": ["succeeded"]}},
        {"seq": 1, "time": 1.0, "kind": "end", "data": {"state": "fine"}},
        {"seq": 1, "time": 1.0, "kind": "step", "data": {"step": "one"}},
        {"seq": 1, "time": 1.0, "kind": "step", "data": {"step": 1.5}},
        {"seq": 1, "time": 1.0, "kind": "step", "data": {"step": True}},
        {"seq": 1, "time": 1.0, "kind": "step", "data": {"step": 1, "tasks": [1]}},
        {"seq": 1, "time": 1.0, "kind": "evaluation", "data": {"step": 1, "tasks": {"a": 1}}},
        {"seq": 2**70, "time": 1.0, "kind": "status", "data": {}},
        {"seq": -1, "time": 1.0, "kind": "status", "data": {}},
    ],
)
def test_an_event_that_readers_would_fail_on_is_refused(service: Service, event: dict[str, object]) -> None:
    job, _ = started(service.store)
    answer = post(service, job.id, json.dumps({"events": [event]}).encode())
    assert answer.status_code == 422, answer.text
    with service.client() as client:
        assert client.metrics(job.id) == []
        assert client.get(job.id)["last_seq"] == 0


@pytest.mark.parametrize("n", [str(2**63), str(10**400), "0", "-1", "x"])
def test_an_attempt_that_cannot_be_is_no_error_of_ours(service: Service, n: str) -> None:
    job, _ = started(service.store)
    assert post(service, job.id, b"{}", token="none", n=n).status_code in (401, 422)


@pytest.mark.parametrize("number", [2**63, 10**300, -1, "x", "1e3"])
def test_event_numbers_beyond_every_reader_are_refused(service: Service, number: object) -> None:
    job, _ = started(service.store)
    with service.http() as http:
        for path in (f"/v1/jobs/{job.id}/events", f"/v1/jobs/{job.id}/metrics"):
            assert http.get(path, params={"after": str(number)}).status_code == 422
            assert http.get(path, headers={"Last-Event-ID": str(number)}).status_code == 422
