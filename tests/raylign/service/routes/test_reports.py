"""What strangers and broken drivers can post as a report."""

import json
import socket
import tracemalloc
from urllib.parse import urlsplit

import httpx
import pytest
from service import KEY, TOKEN, Service, report, started, step

from raylign.service.reporter import BATCH_BYTES
from raylign.service.routes.reports import MAX_REPORT


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
        {"seq": 1, "time": 1.0, "kind": "step", "data": {"step": 1, "tasks": {f"t{n}": {} for n in range(65)}}},
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


def test_a_driver_learns_from_the_answer_that_it_should_stop(service: Service) -> None:
    made, _ = started(service.store)
    assert report(service, made.id, [step(1)]).json() == {"desired": "run", "next_seq": 2}
    with service.http() as http:
        assert http.post(f"/v1/jobs/{made.id}/cancel").json()["state"] == "cancelling"
    assert report(service, made.id, []).json() == {"desired": "cancel", "next_seq": 2}


def test_a_gap_in_a_report_is_answered_with_the_number_expected(service: Service) -> None:
    made, _ = started(service.store)
    answer = report(service, made.id, [step(2)])
    assert (answer.status_code, answer.json()["next_seq"], answer.json()["desired"]) == (409, 1, "run")


def test_reports_need_the_attempts_token_not_the_api_key(service: Service) -> None:
    made, _ = started(service.store)
    assert report(service, made.id, [step(1)], token=KEY).status_code == 401
    assert report(service, made.id, [step(1)], n=2).status_code == 401
    assert report(service, "job_x", [step(1)]).status_code == 401
    path = f"{service.url}/v1/jobs/{made.id}/attempts/1/reports"
    assert httpx.post(path, json={"events": []}).status_code == 401
    assert service.store.get(made.id).last_seq == 0


def test_a_malformed_report_is_a_problem(service: Service) -> None:
    made, _ = started(service.store)
    path = f"{service.url}/v1/jobs/{made.id}/attempts/1/reports"
    for body in ("{", '{"events": [{"seq": 1, "kind": "nonsense", "data": {}}]}', '{"events": 3}', "[]"):
        answer = httpx.post(path, content=body, headers={"Authorization": f"Bearer {TOKEN}"})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), body
