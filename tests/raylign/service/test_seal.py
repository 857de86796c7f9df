"""Tenants are sealed: of another's job nothing is told, not even that there is one."""

import re

import pytest
from service import Service, job, job_document, key_of, report, started, step

from raylign.service.access import Scope
from raylign.service.store import State


def job_routes(service: Service) -> list[tuple[str, str]]:
    """Method and path of every route of the API that names a job."""
    with service.http() as http:
        paths = http.get("/openapi.json").json()["paths"]
    return [(method, path) for path, item in paths.items() if "{job_id}" in path for method in item]


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream"])
def test_anothers_job_is_answered_like_one_that_is_not_there(service: Service, accept: str) -> None:
    theirs, _ = started(service.store)
    gone, routes = "job_" + "0" * 26, job_routes(service)
    assert len(routes) > 5
    with service.http(key_of(service.store, "acme"), Accept=accept) as http:
        for method, path in routes * 2:
            found, absent = (
                http.request(method, re.sub(r"{\w+}", "1", path.replace("{job_id}", one))) for one in (theirs.id, gone)
            )
            assert found.status_code == absent.status_code == 404, path
            assert found.text.replace(theirs.id, gone) == absent.text
            assert dict(found.headers) | {"date": ""} == dict(absent.headers) | {"date": ""}
    assert service.store.get(theirs.id).state is State.STARTING


def test_ones_own_jobs_are_listed_found_and_stopped(service: Service) -> None:
    ours, theirs = key_of(service.store, "acme"), key_of(service.store, "other")
    with service.http(ours) as http, service.http(theirs) as other, service.http() as admin:
        made = http.post("/v1/jobs", json=job_document(), headers={"Idempotency-Key": "k"}).json()
        beside = other.post("/v1/jobs", json=job_document("b"), headers={"Idempotency-Key": "k"}).json()
        assert (made["tenant"], beside["tenant"]) == ("acme", "other")
        assert [one["id"] for one in http.get("/v1/jobs").json()["data"]] == [made["id"]]
        assert [one["id"] for one in http.get("/v1/jobs?tenant=acme&state=queued").json()["data"]] == [made["id"]]
        assert http.get("/v1/jobs?tenant=other").status_code == http.get("/v1/jobs?tenant=nobody").status_code == 403
        assert [one["id"] for one in admin.get("/v1/jobs").json()["data"]] == [beside["id"], made["id"]]
        assert [one["id"] for one in admin.get("/v1/jobs?tenant=acme").json()["data"]] == [made["id"]]
        assert http.get(f"/v1/jobs/{made['id']}").status_code == 200
        assert other.get(f"/v1/jobs/{made['id']}").status_code == 404
        assert http.post(f"/v1/jobs/{made['id']}/cancel").status_code == 202
        assert admin.get(f"/v1/jobs/{made['id']}").json()["state"] == "cancelled"


def test_scopes_are_looked_at_before_anything_is(service: Service) -> None:
    made, _ = service.store.create(job(), tenant="acme")
    with service.http(key_of(service.store, "acme", Scope.READ)) as reader:
        assert reader.get(f"/v1/jobs/{made.id}").status_code == 200
        answers = [
            reader.post("/v1/jobs", json=job_document()),
            reader.post(f"/v1/jobs/{made.id}/cancel"),
            reader.post("/v1/jobs/job_x/cancel"),
        ]
    assert {(answer.status_code, answer.headers["x-should-retry"]) for answer in answers} == {(403, "false")}
    with service.http(key_of(service.store, "acme", Scope.SUBMIT)) as writer:
        assert writer.get("/v1/jobs").status_code == 403
        assert writer.post("/v1/jobs", json=job_document()).status_code == 201


def test_a_key_is_no_attempts_token(service: Service) -> None:
    made, _ = started(service.store)
    assert report(service, made.id, [step(1)], token=key_of(service.store, "default")).status_code == 401
