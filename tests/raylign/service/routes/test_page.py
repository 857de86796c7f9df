"""The page as it is sent: without a key, under a strict policy, and no file but its own."""

import httpx
from service import Service


def test_the_page_comes_without_a_key_under_a_strict_policy(service: Service) -> None:
    answer = httpx.get(service.url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_the_frame_of_a_report_runs_scripts_of_this_host_alone(service: Service) -> None:
    policy = httpx.get(f"{service.url}/page/report.html").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy


def test_a_browser_that_has_a_file_is_not_sent_it_again(service: Service) -> None:
    url = f"{service.url}/page/main.js"
    first = httpx.get(url)
    again = httpx.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert httpx.get(url, headers={"If-None-Match": '"another"'}).content == first.content


def test_no_other_file_is_sent(service: Service) -> None:
    paths = ("", "__init__.py", "../__init__.py", "..%2f__init__.py", "/etc/passwd", "vendor", "vendor/../main.js%00")
    for path in paths:
        answer = httpx.get(f"{service.url}/page/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
