"""Datasets over REST, against a live gateway."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from service import Service, job_document, key_of, live_service
from uploads import ROWS, Here, wanted

from raylign.service.access import Scope
from raylign.service.uploads import DatasetLimits


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with live_service(tmp_path, inspecting=Here()) as running:
        yield running


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with service.http() as client:
        yield client


def pushed(http: httpx.Client, content: bytes = ROWS, name: str = "math", **told: Any) -> httpx.Response:
    assert http.post("/v1/datasets", json=wanted(content, name, **told)).status_code in (200, 201)
    return http.put(f"/v1/datasets/{name}/content", content=content)


def test_a_dataset_is_sent_in_parts_looked_at_previewed_read_back_and_deleted(http: httpx.Client) -> None:
    made = http.post("/v1/datasets", json=wanted())
    assert (made.status_code, made.json()["state"], made.json()["received"]) == (201, "uploading", 0)
    assert made.headers["location"] == "/v1/datasets/math"
    first = http.put("/v1/datasets/math/content", content=ROWS[:9], headers={"Content-Range": f"bytes 0-8/{len(ROWS)}"})
    assert (first.status_code, first.json()["received"]) == (200, 9)
    again = http.post("/v1/datasets", json=wanted())
    assert (again.status_code, again.json()["received"]) == (200, 9)
    rest = {"Content-Range": f"bytes 9-{len(ROWS) - 1}/{len(ROWS)}"}
    done = http.put(f"/v1/datasets/{made.json()['id']}/content", content=ROWS[9:], headers=rest)
    assert (done.status_code, done.json()["state"]) == (200, "ready")
    found = http.get("/v1/datasets/math").json()
    assert (found["inspection"]["rows"], found["inspection"]["usable"], found["refused"]) == (2, 2, None)
    assert found["inspection"]["extra"] == ["answer"]
    [row] = http.get("/v1/datasets/math/rows?limit=1").json()["data"]
    assert row == {"place": "data.jsonl, line 1", "text": '{"prompt": "one", "answer": "1"}'}
    whole = http.get("/v1/datasets/math/content")
    assert whole.content == ROWS
    assert whole.headers["content-disposition"] == 'attachment; filename="math.jsonl"'
    part = http.get("/v1/datasets/math/content", headers={"Range": "bytes=2-7"})
    assert (part.status_code, part.content) == (206, ROWS[2:8])
    assert [one["name"] for one in http.get("/v1/datasets").json()["data"]] == ["math"]
    assert http.delete("/v1/datasets/math").status_code == 204
    gone = http.get("/v1/datasets/math")
    assert (gone.status_code, gone.json()["type"]) == (404, "urn:raylign:DatasetNotFound")


def test_rows_that_cannot_be_used_are_told_with_their_lines(http: httpx.Client) -> None:
    assert pushed(http, ROWS + b'{"prompt": 3}\n').json()["state"] == "ready"
    found = http.get("/v1/datasets/math").json()["inspection"]
    [(reason, fault)] = found["faults"].items()
    assert "`prompt` must be text" in reason
    assert fault == {"first": "data.jsonl, line 3", "rows": 1}


def test_a_job_names_one_and_keeps_it_from_being_deleted(http: httpx.Client) -> None:
    pushed(http)
    document = job_document()
    document["tasks"][0] |= {"prompts": {"path": "dataset://math"}, "prompts_per_step": 2}
    made = http.post("/v1/jobs", json=document)
    assert made.status_code == 201, made.text
    told = http.get(f"/v1/jobs/{made.json()['id']}").json()["document"]["tasks"][0]["prompts"]["path"]
    assert told.endswith("/data.jsonl")
    held = http.delete("/v1/datasets/math")
    assert (held.status_code, held.headers["x-should-retry"]) == (409, "false")
    assert made.json()["id"] in held.json()["detail"]
    http.post(f"/v1/jobs/{made.json()['id']}/cancel")
    assert http.delete("/v1/datasets/math").status_code == 204
    refused = http.post("/v1/jobs", json=document)
    assert (refused.status_code, "no dataset 'math'" in refused.json()["detail"]) == (422, True)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "../../etc/passwd"}, "name"),
    ({"name": ".hidden"}, "name"),
    ({"name": "a/b"}, "name"),
    ({"name": "ds_mine"}, "ids"),
    ({"format": "py"}, "format"),
    ({"format": "jsonl/../x"}, "format"),
    ({"sha256": "0" * 63}, "sha256"),
    ({"bytes": -1}, "bytes"),
    ({"bytes": 0}, "bytes"),
    ({"bytes": 10**12}, "split it"),
    ({"path": "/etc/passwd"}, "path"),
    ({"columns": {"a": "b" * 300}}, "columns"),
]


def test_what_is_said_wrongly_begins_nothing(http: httpx.Client) -> None:
    for changes, says in WRONG:
        answer = http.post("/v1/datasets", json=wanted() | changes)
        assert answer.status_code == 422, changes
        assert says in answer.json()["detail"], changes
    assert http.get("/v1/datasets").json()["data"] == []


LIES: list[tuple[bytes, str, int]] = [
    (ROWS, "bytes 0-3/4", 422),
    (ROWS[:4], f"bytes 5-8/{len(ROWS)}", 409),
    (ROWS[:4], f"bytes 0-9/{len(ROWS)}", 422),
    (ROWS, f"bytes 0-3/{len(ROWS)}", 422),
    (ROWS + b"x", "", 422),
    (b"x" * len(ROWS), "", 422),
    (ROWS, "bytes=0-3", 422),
    (ROWS, f"bytes 9-3/{len(ROWS)}", 422),
    (ROWS, f"bytes 0-{'9' * 80}/{len(ROWS)}", 422),
]


def test_sizes_and_places_that_lie_are_refused_and_nothing_of_them_kept(http: httpx.Client) -> None:
    http.post("/v1/datasets", json=wanted())
    for content, span, status in LIES:
        headers = {"Content-Range": span} if span else {}
        answer = http.put("/v1/datasets/math/content", content=content, headers=headers)
        assert answer.status_code == status, (span, answer.text)
        assert http.get("/v1/datasets/math").json()["received"] == 0, span


def test_a_bomb_is_refused_and_its_bytes_are_gone(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"prompt": "x"}\n' * 200_000)
    limits = DatasetLimits(bytes=1_000_000)
    with live_service(tmp_path, inspecting=Here(), dataset_limits=limits) as service, service.http() as http:
        assert pushed(http, bomb, "bomb", format="jsonl.gz").json()["state"] == "refused"
        found = http.get("/v1/datasets/bomb").json()
        assert found["refused"] == "it unpacks to more than 1,000,000 bytes"
        for path in ("rows", "content"):
            assert http.get(f"/v1/datasets/bomb/{path}").status_code == 409
    assert list(tmp_path.glob("tenants/*/datasets/*")) == []


def test_another_tenants_is_answered_like_one_that_is_not_there(service: Service, http: httpx.Client) -> None:
    pushed(http)
    [ours] = http.get("/v1/datasets").json()["data"]
    gone = "ds_" + "0" * 26
    with service.http(key_of(service.store, "acme")) as theirs:
        for method, path in (("GET", ""), ("GET", "/rows"), ("GET", "/content"), ("DELETE", ""), ("PUT", "/content")):
            found = theirs.request(method, f"/v1/datasets/{ours['id']}{path}", content=b"")
            absent = theirs.request(method, f"/v1/datasets/{gone}{path}", content=b"")
            assert found.status_code == absent.status_code == 404
            assert found.text.replace(ours["id"], gone) == absent.text
            assert theirs.request(method, f"/v1/datasets/math{path}", content=b"").status_code == 404
        assert theirs.get("/v1/datasets").json()["data"] == []
        assert theirs.get("/v1/datasets?tenant=default").status_code == 403
        assert pushed(theirs, b'{"prompt": "theirs"}\n').json()["state"] == "ready"
        document = job_document()
        document["tasks"][0]["prompts"]["path"] = f"dataset://{ours['id']}"
        assert theirs.post("/v1/jobs", json=document).status_code == 422
    assert http.get("/v1/datasets/math/content").content == ROWS
    assert len(http.get("/v1/datasets").json()["data"]) == 2  # an admin sees everybody's
    with service.http(key_of(service.store, "default", Scope.READ)) as reader:
        assert reader.get("/v1/datasets/math").status_code == 200
        assert reader.post("/v1/datasets", content=json.dumps(wanted())).status_code == 403
        assert reader.delete("/v1/datasets/math").status_code == 403
