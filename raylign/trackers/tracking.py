"""All trackers of a run, each kept by a thread of its own: what its library waits for, nobody else waits for."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue, SimpleQueue

from raylign.redact import redacted
from raylign.trackers.sink import Sink
from raylign.trackers.tracker import Tracker

MOST_WAITING = 1000
"""Calls that a tracker may be behind: memory ends before a server that hangs does."""
CLOSE_S = 60.0
"""For all trackers together to take what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Of a tracker: where it is, or that it is lost."""

    tracker: str
    link: str = ""
    problem: str = ""


class Tracking:
    """``log`` never waits and never fails: lost curves are no reason to lose the run. ``news`` says which are lost."""

    def __init__(self, trackers: Sequence[Tracker], directory: Path, name: str) -> None:
        self._news: SimpleQueue[News] = SimpleQueue()
        self._keepers = [Keeper(tracker, directory, name, self._news) for tracker in trackers]

    def log(self, step: int, values: Mapping[str, float | None]) -> None:
        """One point of each curve."""
        for keeper in self._keepers:
            keeper.tell(lambda sink: sink.log(step, values))

    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are logged again."""
        for keeper in self._keepers:
            keeper.tell(lambda sink: sink.rewind(next_step))

    def news(self) -> Iterator[News]:
        """What there is since it was asked last."""
        while True:
            try:
                yield self._news.get_nowait()
            except Empty:
                return

    def close(self, *, succeeded: bool, deadline_s: float = CLOSE_S) -> None:
        """The run has ended: wait until all have written what they hold, or until the deadline."""
        end = time.monotonic() + deadline_s
        for keeper in self._keepers:
            keeper.end(succeeded)
        for keeper in self._keepers:
            keeper.join(max(0.0, end - time.monotonic()))


class Keeper:
    """One tracker's thread: opens it, and does there what it is told, in order."""

    def __init__(self, tracker: Tracker, directory: Path, name: str, news: "SimpleQueue[News]") -> None:
        self._label = tracker.label
        self._news = news
        self._told: Queue[Callable[[Sink], None] | None] = Queue(MOST_WAITING)
        self._lost = threading.Event()
        self._thread = threading.Thread(
            target=self._keep, args=(tracker, directory, name), name=f"tracker {self._label}", daemon=True
        )
        self._thread.start()

    def tell(self, what: Callable[[Sink], None] | None) -> None:
        """Have it done, soon."""
        if self._lost.is_set():
            return
        try:
            self._told.put_nowait(what)
        except Full:
            self._lose(f"takes no more metrics: it is {MOST_WAITING} steps behind")

    def end(self, succeeded: bool) -> None:
        """After what it was told before."""
        self.tell(lambda sink: sink.close(succeeded=succeeded))
        self.tell(None)

    def join(self, deadline_s: float) -> None:
        if not self._lost.is_set():
            self._thread.join(deadline_s)
            if self._thread.is_alive():
                self._lose("did not take its last metrics in time")

    def _keep(self, tracker: Tracker, directory: Path, name: str) -> None:
        try:
            sink = tracker.open(directory, name)
            if sink.link:
                self._news.put(News(tracker=self._label, link=redacted(sink.link)))
            for act in iter(self._told.get, None):
                if self._lost.is_set():
                    return
                act(sink)
        except Exception as error:  # whatever its library raises
            self._lose(f"takes no more metrics: {type(error).__name__}: {error}")

    def _lose(self, why: str) -> None:
        if not self._lost.is_set():
            self._lost.set()
            self._news.put(News(tracker=self._label, problem=redacted(why)))
