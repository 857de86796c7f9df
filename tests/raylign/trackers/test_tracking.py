"""Trackers in threads: what one waits for, or fails with, costs nobody else anything, and is told once."""

import threading
from typing import ClassVar, Literal

from raylign.trackers import tracking
from raylign.trackers.sink import Sink
from raylign.trackers.tracker import Tracker
from raylign.trackers.tracking import News, Tracking


class Points(Sink):
    """Keeps what it is given."""

    link = "here"

    def __init__(self):
        self.points, self.closed = [], None

    def _add(self, step, points):
        self.points.append((step, points))

    def rewind(self, next_step):
        self.points = [point for point in self.points if point[0] < next_step]

    def close(self, *, succeeded):
        self.closed = succeeded


class Kept(Tracker):
    library: ClassVar = "json"
    leaves: ClassVar = False
    made: ClassVar[dict[str, Sink]] = {}

    type: Literal["kept"] = "kept"

    def open(self, directory, name):
        return self.made[name]


def kept(sink, tmp_path, name="tiny"):
    Kept.made[name] = sink
    return Tracking([Kept()], tmp_path, name)


def test_what_is_logged_arrives_in_order_and_what_is_not_known_is_no_point(tmp_path):
    sink = Points()
    opened = kept(sink, tmp_path)
    opened.log(1, {"loss": 0.5, "reward": None})
    opened.log(2, {"loss": 0.4})
    opened.rewind(2)
    opened.log(2, {"loss": 0.3})
    opened.close(succeeded=True)
    assert sink.points == [(1, {"loss": 0.5}), (2, {"loss": 0.3})]
    assert sink.closed is True
    assert list(opened.news()) == [News(tracker="kept", link="here")]
    assert list(opened.news()) == []


def test_one_that_hangs_holds_up_nobody_and_is_given_up_at_the_end(tmp_path, monkeypatch):
    class Stuck(Points):
        def _add(self, step, points):
            going_on.wait()

    monkeypatch.setattr(tracking, "MOST_WAITING", 4)
    going_on, good = threading.Event(), Points()
    Kept.made |= {"good": good}
    stuck, behind = kept(Stuck(), tmp_path), kept(Stuck(), tmp_path, "behind")
    stuck.log(0, {"loss": 1.0})
    for step in range(9):
        behind.log(step, {"loss": 1.0})
    for opened in (stuck, behind):
        opened.close(succeeded=True, deadline_s=0.01)
    assert [news.problem for news in stuck.news()] == ["", "did not take its last metrics in time"]
    assert [news.problem for news in behind.news() if news.problem] == ["takes no more metrics: it is 4 steps behind"]
    going_on.set()


def test_one_that_fails_is_told_once_without_the_keys_it_quotes(tmp_path, monkeypatch):
    class Gone(Points):
        def _add(self, step, points):
            raise ConnectionError("no route to https://me:pass@host with key 0123456789")

    monkeypatch.setenv("WANDB_API_KEY", "0123456789")
    opened = kept(Gone(), tmp_path)
    for step in range(3):
        opened.log(step, {"loss": 1.0})
    opened.close(succeeded=False)
    [problem] = [news.problem for news in opened.news() if news.problem]
    assert problem == "takes no more metrics: ConnectionError: no route to https://***@host with key ***"


def test_one_that_does_not_open_is_told(tmp_path):
    opened = Tracking([Kept()], tmp_path, "nobody made it")
    opened.close(succeeded=True)
    assert [news.problem for news in opened.news()] == ["takes no more metrics: KeyError: 'nobody made it'"]
