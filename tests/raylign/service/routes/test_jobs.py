"""Jobs over REST: queued once, found, listed, cancelled; what is no job is a problem."""

import json
import threading

import httpx
import pytest
import yaml
from service import Service, job_document


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


def test_to_cancel_an_ended_job_is_a_conflict_not_worth_retrying(service: Service) -> None:
    with service.http() as http:
        made = http.post("/v1/jobs", json=job_document()).json()
        first = http.post(f"/v1/jobs/{made['id']}/cancel")
        assert (first.status_code, first.json()["state"]) == (202, "cancelled")
        again = http.post(f"/v1/jobs/{made['id']}/cancel")
        assert (again.status_code, again.headers["x-should-retry"]) == (409, "false")
