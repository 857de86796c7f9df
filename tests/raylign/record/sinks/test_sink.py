import pytest

from raylign.errors import RunError
from raylign.record.sinks.sink import Sink, library


class Points(Sink):
    """Keeps what it is given."""

    def __init__(self, directory=None, name=""):
        self.points = []

    def _add(self, step, points):
        self.points.append((step, points))

    def rewind(self, next_step):
        self.points = [point for point in self.points if point[0] < next_step]

    def close(self):
        pass


def test_what_is_not_known_is_no_point():
    sink = Points()
    sink.log(3, {"loss": 0.5, "reward": None, "kl": 0.0})
    assert sink.points == [(3, {"loss": 0.5, "kl": 0.0})]


def test_a_sink_does_all_that_is_asked_of_it():
    class Half(Sink):
        def __init__(self, directory, name): ...

    with pytest.raises(TypeError, match="abstract methods? '?_add"):
        Half(None, "")


def test_an_absent_library_is_named():
    assert library("json").__name__ == "json"
    with pytest.raises(RunError, match="pip install no_such_thing"):
        library("no_such_thing")
