"""What a run leaves for people to look at."""

from pathlib import Path

from service import TOKEN, Service, job


def test_the_report_is_served_and_may_run_nothing(service: Service, tmp_path: Path) -> None:
    made, _ = service.store.create(job())
    service.store.begin_attempt(made.id, token=TOKEN, run_dir=str(tmp_path))
    with service.http() as http:
        assert http.get(f"/v1/jobs/{made.id}/report").status_code == 404
        (tmp_path / "report.html").write_text("<h1>fine</h1>")
        answer = http.get(f"/v1/jobs/{made.id}/report")
    assert answer.text == "<h1>fine</h1>"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
