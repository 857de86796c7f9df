"""Errors as problem documents."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from raylign.errors import RaylignError, StoreUnavailable
from raylign.service.problems import LONGEST, MOST_SHOWN, STATUS, install, problem, status_of


def test_every_error_of_ours_has_an_http_status() -> None:
    def tree(kind: type[RaylignError]) -> Iterator[type[RaylignError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from tree(below)

    for kind in tree(RaylignError):
        assert status_of(kind("x")) in {401, 403, 404, 409, 422, 429, 500, 502, 503}
    for kind, status in STATUS.items():
        assert status_of(kind("x")) == status


def body_of(answer: JSONResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(answer.body))
    return found


def test_a_problem_says_its_status_in_words_and_whether_to_try_again() -> None:
    missing, away = problem(404, "there is no job 'x'"), problem(503, "locked", retry_s=1)
    assert body_of(missing) == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no job 'x'"
    }  # fmt: skip
    assert missing.headers["x-should-retry"] == "false"
    assert "x-should-retry" not in away.headers
    assert body_of(away)["retry_s"] == 1
    assert problem(401, "").headers["www-authenticate"] == "Bearer"


def test_what_was_sent_is_not_sent_back_at_length_and_is_always_text() -> None:
    assert len(body_of(problem(422, "x" * 1_000_000))["detail"]) < LONGEST + 10
    assert body_of(problem(422, "a\ud800b"))["detail"] == "a?b"


def test_errors_of_ours_and_of_a_requests_shape_become_problems() -> None:
    app = FastAPI()
    install(app)

    @app.get("/busy")
    def busy() -> None:
        raise StoreUnavailable("the database is locked")

    @app.get("/numbers")
    def numbers(of: Annotated[list[int], Query()]) -> None: ...

    with TestClient(app) as client:
        answer = client.get("/busy")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:raylign:StoreUnavailable")
        detail = client.get("/numbers", params={"of": ["x"] * 9}).json()["detail"]
    assert detail.count("query.of.") == MOST_SHOWN
    assert detail.endswith("and 4 more")
