"""The REST API on a real socket."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from httpx_sse import connect_sse
from service import KEY, TOKEN, Service, end, job, job_document, live_service, started, step

from raylign.errors import RaylignError
from raylign.record.events import Event
from raylign.service.problems import STATUS, status_of
from raylign.service.store import State


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with live_service(tmp_path) as running:
        yield running


def report(service: Service, job_id: str, events: list[Event], *, n: int = 1, token: str = TOKEN) -> httpx.Response:
    body = {"events": [event.model_dump(mode="json") for event in events]}
    path = f"{service.url}/v1/jobs/{job_id}/attempts/{n}/reports"
    return httpx.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


def test_a_job_is_queued_and_found_again(service: Service) -> None:
    with service.http() as http:
        made = http.post("/v1/jobs", json=job_document("hello"))
        assert made.status_code == 201
        found = http.get(made.headers["location"]).json()
        assert (found["name"], found["state"], found["desired"]) == ("hello", "queued", "run")
        assert found["document"]["tasks"][0]["method"]["kl_max"] > 0  # defaults are filled in
        page = http.get("/v1/jobs").json()
        assert ([one["id"] for one in page["data"]], page["has_more"]) == ([found["id"]], False)
        assert "document" not in page["data"][0]


@pytest.mark.parametrize("kind", ["application/yaml", "text/yaml; charset=utf-8"])
def test_yaml_is_taken_too(service: Service, kind: str) -> None:
    with service.http() as http:
        made = http.post("/v1/jobs", content=yaml.safe_dump(job_document()), headers={"Content-Type": kind})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("content", "kind", "status", "says"),
    [
        (json.dumps(job_document() | {"stepz": 3}), "application/json", 422, "did you mean 'steps'"),
        ("{", "application/json", 422, "not application/json"),
        ("a: [", "application/yaml", 422, "not application/yaml"),
        ("- 1", "application/yaml", 422, "a job is a mapping"),
        ("[" * 100_000, "application/json", 422, "not application/json"),
        ("x", "text/plain", 415, "text/plain"),
        (b"\xff\xfe\x00", "application/json", 422, "not application/json"),
        (" " * 1_000_001, "application/json", 413, "1000000"),
    ],
)
def test_a_bad_body_is_a_problem(service: Service, content: str | bytes, kind: str, status: int, says: str) -> None:
    with service.http() as http:
        answer = http.post("/v1/jobs", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert says in answer.json()["detail"]
        assert http.get("/v1/jobs").json()["data"] == []


def test_one_idempotency_key_makes_one_job_however_many_post_at_once(service: Service) -> None:
    answers: list[httpx.Response] = []

    def post() -> None:
        with service.http() as http:
            answers.append(http.post("/v1/jobs", json=job_document(), headers={"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=post) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    with service.http() as http:
        other = http.post("/v1/jobs", json=job_document("other"), headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.headers["x-should-retry"]) == (409, "false")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", f"Basic {KEY}", "Bearer \u00e9"])
def test_without_the_key_nothing_is_told(service: Service, authorization: str | None) -> None:
    made, _ = started(service.store)
    headers = {"Authorization": authorization.encode()} if authorization else {}
    for method, path in (
        ("POST", "/v1/jobs"),
        ("GET", "/v1/jobs"),
        ("GET", f"/v1/jobs/{made.id}"),
        ("POST", f"/v1/jobs/{made.id}/cancel"),
        ("GET", f"/v1/jobs/{made.id}/events"),
        ("GET", f"/v1/jobs/{made.id}/metrics"),
        ("GET", f"/v1/jobs/{made.id}/report"),
    ):
        answer = httpx.request(method, service.url + path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
    assert service.store.get(made.id).state is State.STARTING


def test_a_foreign_host_name_is_refused(service: Service) -> None:
    for host, status in (("evil.example", 400), ("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:8420", 200)):
        assert httpx.get(f"{service.url}/livez", headers={"Host": host}).status_code == status, host


def test_unknown_jobs_and_routes_are_problems(service: Service) -> None:
    with service.http() as http:
        for path in ("/v1/jobs/job_x", "/v1/jobs/job_x/events", "/v1/jobs/job_x/metrics", "/v1/nothing"):
            answer = http.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
        assert http.get("/v1/jobs/job_x/events", headers={"Accept": "text/event-stream"}).status_code == 404
        assert http.get("/v1/jobs?limit=0").status_code == 422


def test_to_cancel_an_ended_job_is_a_conflict_not_worth_retrying(service: Service) -> None:
    with service.http() as http:
        made = http.post("/v1/jobs", json=job_document()).json()
        first = http.post(f"/v1/jobs/{made['id']}/cancel")
        assert (first.status_code, first.json()["state"]) == (202, "cancelled")
        again = http.post(f"/v1/jobs/{made['id']}/cancel")
        assert (again.status_code, again.headers["x-should-retry"]) == (409, "false")


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


def test_events_come_in_pages(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [step(n) for n in range(1, 6)])
    with service.http() as http:
        page = http.get(f"/v1/jobs/{made.id}/events?after=1&limit=2").json()
    assert ([event["seq"] for event in page["data"]], page["has_more"]) == ([2, 3], True)


def test_metrics_are_rows_and_a_step_made_again_replaces_the_first(service: Service) -> None:
    made, _ = started(service.store)
    first = {"tasks": {"math": {"satisfied": 0.5}}, "train": {"loss": 1.0}}
    again = {"tasks": {"math": {"satisfied": 0.75}}, "train": {"loss": float("nan")}}
    events = [
        Event(seq=1, kind="evaluation", data={"step": 0, "tasks": {"math": {"satisfied": 0.4}}}),
        Event(seq=2, kind="step", data={"step": 1, **first}),
        Event(seq=3, kind="step", data={"step": 1, **again}),
        Event(seq=4, kind="warning", data={"message": "x"}),
    ]
    report(service, made.id, events)
    with service.http() as http:
        rows = http.get(f"/v1/jobs/{made.id}/metrics").json()["data"]
    assert [(row["seq"], row["kind"], row["step"], row["metrics"]) for row in rows] == [
        (1, "evaluation", 0, {"evaluation/math/satisfied": 0.4}),
        (3, "step", 1, {"math/satisfied": 0.75, "train/loss": None}),
    ]


def test_a_stream_resumes_after_the_last_event_id_and_ends_with_the_job(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [step(1), step(2), step(3)])
    seen: list[str] = []
    with (
        service.http(**{"Last-Event-ID": "2"}) as http,
        connect_sse(http, "GET", f"/v1/jobs/{made.id}/events") as source,
    ):
        for message in source.iter_sse():
            seen.append(f"{message.event} {message.id}")
            if message.id == "3":
                report(service, made.id, [step(4), end(5)])
    assert [one for one in seen if not one.startswith("status")] == ["step 3", "step 4", "end 5"]
    assert source.response.headers["content-type"].startswith("text/event-stream")
    assert source.response.headers["x-accel-buffering"] == "no"


def test_a_stream_tells_of_the_job_before_its_driver_does(service: Service) -> None:
    with service.http() as http:
        made = http.post("/v1/jobs", json=job_document()).json()
        phases: list[str] = []
        with connect_sse(http, "GET", f"/v1/jobs/{made['id']}/events") as source:
            for message in source.iter_sse():
                event = Event.model_validate_json(message.data)
                phases.append(event.data.get("phase", event.kind))
                if phases == ["queued"]:
                    with service.client() as client:
                        client.cancel(made["id"])
    assert phases == ["queued", "end"]


def test_line_separators_in_a_models_text_do_not_break_the_stream(service: Service) -> None:
    made, _ = started(service.store)
    hostile = "a\u2028b\u2029c\x85d\re\nf\x0bg\x1ch data: x\n\nevent: end\n\n\U0001f600 <script>"
    report(service, made.id, [Event(seq=1, kind="warning", data={"message": hostile}), end(2)])
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/events") as source:
        events = [Event.model_validate_json(message.data) for message in source.iter_sse()]
    assert events[0].data["message"] == hostile
    assert [event.seq for event in events] == [1, 2]


def test_metrics_stream_has_only_rows_of_numbers(service: Service) -> None:
    made, _ = started(service.store)
    report(service, made.id, [Event(seq=1, kind="warning", data={"message": ""}), step(2, step_s=0.5), end(3)])
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/metrics") as source:
        rows = [json.loads(message.data) for message in source.iter_sse()]
    assert [(row["seq"], row["metrics"]) for row in rows] == [(2, {"step_s": 0.5})]


def test_streams_end_when_the_service_stops(service: Service) -> None:
    made, _ = started(service.store)
    with service.http() as http, connect_sse(http, "GET", f"/v1/jobs/{made.id}/events") as source:
        for message in source.iter_sse():
            assert message.event == "status"
            service.bulletin.close()


def test_the_report_is_served_and_may_run_nothing(service: Service, tmp_path: Path) -> None:
    made, _ = service.store.create(job())
    service.store.begin_attempt(made.id, token=TOKEN, run_dir=str(tmp_path))
    with service.http() as http:
        assert http.get(f"/v1/jobs/{made.id}/report").status_code == 404
        (tmp_path / "report.html").write_text("<h1>fine</h1>")
        answer = http.get(f"/v1/jobs/{made.id}/report")
    assert answer.text == "<h1>fine</h1>"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_probes_need_no_key_and_an_absent_ray_does_not_make_the_gateway_unready(service: Service) -> None:
    assert httpx.get(f"{service.url}/livez").json()["status"] == "ok"
    assert httpx.get(f"{service.url}/readyz").json()["ray"] == {"reachable": True, "version": "2.60.0"}
    service.ray.down = True
    answer = httpx.get(f"{service.url}/readyz")
    assert (answer.status_code, answer.json()["ray"]["reachable"]) == (200, False)


def test_every_error_of_ours_has_an_http_status() -> None:
    def tree(kind: type[RaylignError]) -> Iterator[type[RaylignError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from tree(below)

    for kind in tree(RaylignError):
        assert status_of(kind("x")) in {401, 404, 409, 422, 500, 502, 503}
    for kind, status in STATUS.items():
        assert status_of(kind("x")) == status
