"""One run's voice: numbers what is said and passes it on: run directory, gateway, display, trackers."""

from collections.abc import Callable
from typing import Protocol

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, Payload, RunEnded, RunPaused, StepDone, Tracked, Warned
from raylign.record.metrics import flat_metrics
from raylign.record.rundir import RunDirectory
from raylign.service.reporter import Reporter
from raylign.show.report import write_report
from raylign.trackers.tracking import Tracking

LAST_WORDS = (RunEnded, RunPaused)
"""Nothing of this attempt follows them."""


class Display(Protocol):
    """Who is shown what was said: a terminal, or the recipe of which this run is a stage."""

    def show(self, event: Event) -> None: ...


class Emitter:
    """``emit(payload)``. On disk first: what is shown or shipped can be read again."""

    def __init__(self, run: RunDirectory, display: Display, tracking: Tracking, reporter: Reporter | None) -> None:
        self._run = run
        self._display = display
        self._tracking = tracking
        self._reporter = reporter
        self._next_seq = run.next_seq
        self._listeners: list[Callable[[Payload], None]] = []

    def listen(self, listener: Callable[[Payload], None]) -> None:
        """Who is told, from now on, what is said; it must neither wait nor raise."""
        self._listeners.append(listener)

    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are made again: forget what run directory and trackers have of them."""
        self._run.rewind(next_step)
        self._tracking.rewind(next_step)

    def __call__(self, said: Payload) -> None:
        if isinstance(said, LAST_WORDS):  # what trackers still have to say comes before it
            self._tracking.close(succeeded=isinstance(said, RunEnded) and said.state == "succeeded")
            self._tell_news()
        self._say(said)
        match said:
            case StepDone(step=step) | EvaluationDone(step=step):
                self._tracking.log(step, flat_metrics(said))
                self._tell_news()

    def _say(self, said: Payload) -> None:
        event = Event.of(said, seq=self._next_seq)
        self._run.append(event)
        self._next_seq += 1
        if isinstance(said, LAST_WORDS):
            write_report(self._run)  # before anyone hears of it: who follows it up finds the report
        if self._reporter is not None:
            self._reporter.wake()
        self._display.show(event)
        for listener in self._listeners:
            listener(said)

    def _tell_news(self) -> None:
        for news in self._tracking.news():
            if news.problem:
                self._say(Warned(message=f"tracker {news.tracker!r} {news.problem}"))
            else:
                self._say(Tracked(tracker=news.tracker, link=news.link))
