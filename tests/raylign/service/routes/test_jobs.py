"""Jobs over REST: queued once, found, listed, cancelled; what is no job is a problem."""

import json
import threading
from pathlib import Path

import httpx
import pytest
import yaml
from service import Service, job_document, key_of, started

from raylign.service.routes.jobs import remove_run


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


def test_what_is_said_of_a_job_finds_it_again(service: Service) -> None:
    with service.http() as http:
        asked = {"metadata[team]": "a", "metadata[no.]": "7", "priority": 3}
        made = http.post("/v1/jobs", json=job_document("tone"), params=asked).json()
        assert (made["metadata"], made["priority"], made["after"]) == ({"team": "a", "no.": "7"}, 3, None)
        later = http.post("/v1/jobs", json=job_document("late"), params={"after": made["id"]}).json()
        assert later["after"] == made["id"]
        assert http.get(f"/v1/jobs/{later['id']}").json()["queue_position"] == 2
        for query in ({"name": "tone"}, {"metadata[team]": "a"}, {"metadata[team]": "a", "state": "queued"}):
            assert [one["id"] for one in http.get("/v1/jobs", params=query).json()["data"]] == [made["id"]]
        assert http.get("/v1/jobs", params={"metadata[team]": "b"}).json()["data"] == []
        wrong = [{f"metadata[{n}]": "x" for n in range(17)}, {'metadata["]': "x"}, {"metadata[a]": "x" * 513}]
        for query in wrong:
            assert http.post("/v1/jobs", json=job_document(), params=query).status_code == 422
        unknown = http.post("/v1/jobs", json=job_document(), params={"after": "job_x"})
        assert (unknown.status_code, "'job_x'" in unknown.json()["detail"]) == (422, True)


def test_nobody_comes_after_another_tenants_job(service: Service) -> None:
    with service.http(key_of(service.store, "mine")) as mine, service.http(key_of(service.store, "yours")) as yours:
        made = mine.post("/v1/jobs", json=job_document()).json()
        refused = yours.post("/v1/jobs", json=job_document(), params={"after": made["id"]})
        assert (refused.status_code, refused.json()["detail"]) == (
            422,
            f"after: there is no job '{made['id']}'; GET /v1/jobs lists all",
        )


@pytest.mark.parametrize("keep", [False, True])
def test_a_job_is_deleted_with_its_run_directory(service: Service, tmp_path: Path, keep: bool) -> None:
    made, attempt = started(service.store, run_dir=lambda job_id: tmp_path / "jobs" / job_id)
    run = tmp_path / "jobs" / made.id
    run.mkdir(parents=True)
    (run / "report.html").touch()
    with service.http() as http:
        assert http.delete(f"/v1/jobs/{made.id}").status_code == 409
        service.store.cancel(made.id)
        service.store.close_attempt(attempt, "left", max_attempts=1)
        page = http.get(f"/v1/jobs/{made.id}/attempts").json()["data"]
        assert [(one["n"], one["state"]) for one in page] == [(1, "lost")]
        gone = http.delete(f"/v1/jobs/{made.id}", params={"keep_run": keep})
        assert (gone.status_code, gone.content) == (204, b"")
        assert http.get(f"/v1/jobs/{made.id}").status_code == 404
    assert run.exists() is keep
    assert list(run.parent.iterdir()) == [run] * keep


def test_only_a_jobs_own_directory_is_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    remove_run(tmp_path / "precious", "job_1")
    assert (tmp_path / "precious").exists()
    remove_run(tmp_path / "job_1", "job_1")  # gone already
