"""Workers behind an import."""

import os

import pytest

from actors.cluster.host import host
from raylign.errors import SpecError, WorkerFailed


class Counter:
    def __init__(self, *, start: int) -> None:
        self.count = start if os.environ["COUNTER"] == "yes" else 0

    def add(self, number: int, *, times: int = 1) -> int:
        self.count += number * times
        return self.count

    def up(self, number: int) -> "range":
        return range(self.count, self.count + number)


def test_calls_and_streams_reach_the_worker_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTER", "no")
    made = host(f"{__name__}:Counter")
    assert made.__name__ == "Counter"
    counter = made({"COUNTER": "yes"}, {"start": 3})
    assert counter.call("add", 2, times=4) == 11
    assert list(counter.stream("up", 3)) == [11, 12, 13]


class Broken:
    def __init__(self, *, error: Exception) -> None:
        raise error

    def up(self, number: int) -> "range":
        raise AssertionError("nobody is there to ask")


def test_a_worker_that_cannot_be_made_says_why_when_it_is_asked() -> None:
    """An error in an actor's constructor kills the actor: the driver would take it for a lost worker and try again."""
    host_of_none = host(f"{__name__}:Broken")({}, {"error": SpecError("cannot load the model 'org/none'")})
    with pytest.raises(SpecError, match="^cannot load the model 'org/none'$"):
        host_of_none.call("ready")
    with pytest.raises(SpecError, match="^cannot load the model 'org/none'$"):
        list(host_of_none.stream("up", 3))


def test_what_nobody_foresaw_is_named_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    host_of_none = host(f"{__name__}:Broken")({}, {"error": ValueError("no room for the KV cache")})
    with pytest.raises(WorkerFailed, match="^Broken could not be made: ValueError: no room for the KV cache$"):
        host_of_none.call("ready")
    assert "Traceback" in capsys.readouterr().err  # the worker's log
