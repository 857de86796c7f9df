"""Who did what, written down."""

import stat
from pathlib import Path

import httpx
from logs import logged
from service import KEY, TOKEN, job_document, key_of, live_service, report, started, step

from raylign.service.access import Scope
from raylign.service.audit import MOST_REFUSALS, Audit
from raylign.service.secret_keys import read_key


def test_what_changes_something_and_what_was_refused_is_written_down(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    with live_service(tmp_path, audit=audit) as service:
        text = key_of(service.store, "acme")
        reader = key_of(service.store, "acme", Scope.READ)
        theirs, _ = started(service.store)
        with service.http(text) as http, service.http(reader) as second:
            made = http.post("/v1/jobs", json=job_document()).json()["id"]
            http.get(f"/v1/jobs/{made}")  # reads that were answered are not
            http.get(f"/v1/jobs/{theirs.id}")
            http.post(f"/v1/jobs/{made}/cancel")
            second.post(f"/v1/jobs/{made}/cancel")
        httpx.get(f"{service.url}/v1/jobs", headers={"Authorization": "Bearer wrong"})
        report(service, theirs.id, [step(1)])
        report(service, theirs.id, [step(2)], token="stolen")
    key = read_key(text).id
    other = read_key(reader).id
    assert [(one["tenant"], one["key"], one["did"], one["status"], one.get("made")) for one in audit.lines()] == [
        ("acme", key, "POST /v1/jobs", 201, f"/v1/jobs/{made}"),
        ("acme", key, f"GET /v1/jobs/{theirs.id}", 404, None),
        ("acme", key, f"POST /v1/jobs/{made}/cancel", 202, None),
        ("acme", other, f"POST /v1/jobs/{made}/cancel", 403, None),
        (None, None, "GET /v1/jobs", 401, None),
        (None, None, f"POST /v1/jobs/{theirs.id}/attempts/1/reports", 401, None),
    ]
    assert {one["from"] for one in audit.lines()} == {"127.0.0.1"}
    assert stat.S_IMODE(audit.path.stat().st_mode) == 0o600
    written = audit.path.read_text()
    assert not any(secret in written for secret in (text, reader, KEY, TOKEN, "stolen", "wrong"))


def test_strangers_do_not_fill_the_disk(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    scope = {"method": "GET", "path": "/v1/" + "x\n" * 9_999, "client": ("1.2.3.4", 1), "state": {}}
    for _ in range(500):
        audit.say_request(scope, 401, None)
    audit.say_request(scope | {"method": "POST"}, 201, None)
    entries = list(audit.lines())
    # Two seconds may have been begun.
    assert MOST_REFUSALS < len(entries) <= 2 * MOST_REFUSALS + 1
    assert sum(one.get("left_out", 0) for one in entries) == 500 - (len(entries) - 1)
    assert audit.path.stat().st_size < 2 * MOST_REFUSALS * 2_000


def test_a_disk_that_is_full_refuses_nobody(tmp_path: Path) -> None:
    with logged() as lines:
        Audit(tmp_path / "away" / "audit.jsonl").say(did="something")
    assert "not in the audit log" in lines.getvalue()
