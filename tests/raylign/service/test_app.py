"""The app: which hosts and routes there are."""

import httpx
from service import Service


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
