"""Calls of a service on this machine that fails in every way that services do."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from http_service import Respond, service

from raylign.judges.endpoints import line
from raylign.judges.endpoints.line import Line, Said
from raylign.judges.endpoints.registry import Registration


def said(
    respond: Respond, *, count: int = 1, seconds: float = 5, key: str | None = None, **settings: Any
) -> list[Said]:
    with service(respond) as url:
        endpoint = Registration(url=url, **settings)
        calls = Line(endpoint, key=key, seconds=seconds, first_wait_s=0.001)
        return calls.post_all([("/v1", {"at": at}) for at in range(count)])


def failing(status: int, times: int = 99) -> Respond:
    """Fails so often, then counts what came."""
    left = [times]

    def respond(path: str, body: Any, headers: Any) -> Any:
        left[0] -= 1
        return (status, {}) if left[0] >= 0 else (200, {"requests": times - left[0]})

    return respond


def test_answers_stand_where_their_requests_do() -> None:
    def respond(path: str, body: Any, headers: Any) -> Any:
        return 200, {"path": path, "at": body["at"], "key": headers.get("Authorization"), "seed": body["seed"]}

    answers = said(respond, count=20, key="secret", options={"seed": 7})
    assert answers == [{"path": "/v1", "at": at, "key": "Bearer secret", "seed": 7} for at in range(20)]


@pytest.mark.parametrize(
    ("status", "times", "answer"),
    [
        (500, 2, {"requests": 3}),
        (429, 2, {"requests": 3}),
        (503, 3, "endpoint: status 503"),
        (400, 1, "endpoint: status 400"),
        (401, 1, "endpoint: status 401"),
        (302, 1, "endpoint: status 302"),
    ],
)
def test_what_may_do_better_later_is_asked_again_and_nothing_else(status: int, times: int, answer: Said) -> None:
    assert said(failing(status, times), tries=3) == [answer]


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"{not json", line.MALFORMED),
        (b"[1, 2]", line.MALFORMED),
        (b"\xff\xfe{}", line.MALFORMED),
        (b"[" * 100_000, line.MALFORMED),
        (b'{"a": "' + b"x" * line.MOST_BYTES + b'"}', line.TOO_LARGE),
    ],
)
def test_what_is_no_answer_is_told_and_not_asked_for_again(content: bytes, answer: Said) -> None:
    times = []

    def respond(path: str, body: Any, headers: Any) -> Any:
        times.append(1)
        return 200, content

    assert said(respond) == [answer]
    assert len(times) == 1


def slow(until: threading.Event) -> Respond:
    def respond(path: str, body: Any, headers: Any) -> Any:
        if body["at"] == 1:
            until.wait(10)
        return 200, {"at": body["at"]}

    return respond


@pytest.mark.parametrize("settings", [{"timeout_s": 0.1, "tries": 2}, {"seconds": 0.2}])
def test_who_is_slow_is_left_and_the_others_are_heard(settings: dict[str, Any]) -> None:
    until = threading.Event()
    try:
        assert said(slow(until), count=3, **settings) == [{"at": 0}, line.TIMEOUT, {"at": 2}]
    finally:
        until.set()


def test_nobody_there_is_unreachable() -> None:
    gone = Line(Registration(url="http://127.0.0.1:9", tries=2), key=None, seconds=5, first_wait_s=0.001)
    assert gone.post_all([("", {})]) == [line.UNREACHABLE]
    wrong = Line(Registration(url="http://[::1/", tries=1), key=None, seconds=5)
    assert wrong.post_all([("", {})]) == [line.UNREACHABLE]


def test_a_wait_that_the_service_asks_for_is_kept() -> None:
    left = [1]

    def respond(path: str, body: Any, headers: Any) -> Any:
        left[0] -= 1
        return (429, {}, {"Retry-After": "1"}) if left[0] >= 0 else (200, {})

    begun = time.monotonic()
    assert said(respond, seconds=0.3) == [line.TIMEOUT]  # it would have been asked after a second
    assert time.monotonic() - begun < 1


def test_no_more_are_under_way_than_the_operator_allows(counted: Callable[[], tuple[Respond, list[int]]]) -> None:
    respond, most = counted()
    said(respond, count=12, concurrency=3)
    assert 1 < max(most) <= 3


@pytest.fixture
def counted() -> Callable[[], tuple[Respond, list[int]]]:
    def make() -> tuple[Respond, list[int]]:
        lock, now, most = threading.Lock(), [0], []

        def respond(path: str, body: Any, headers: Any) -> Any:
            with lock:
                now[0] += 1
                most.append(now[0])
            time.sleep(0.01)
            with lock:
                now[0] -= 1
            return 200, {}

        return respond, most

    return make


def test_half_a_character_is_sent_as_a_question_mark() -> None:
    with service(lambda path, body, headers: (200, body)) as url:
        calls = Line(Registration(url=url), key=None, seconds=5)
        assert calls.post_all([("", {"a": "x\ud800\u00e9"})]) == [{"a": "x?\u00e9"}]
