"""One run's voice: numbers what is said and passes it to the run directory, the display, the tracker, the gateway."""

from typing import Any

from raylign.record.events import Event, EventKind
from raylign.record.history import flat_metrics
from raylign.record.rundir import RunDirectory
from raylign.record.trackers import Tracker
from raylign.service.reporter import Reporter
from raylign.show.console import LiveDisplay
from raylign.show.report import write_report


class Emitter:
    """``emit(kind, data)``. On disk first: what is shown or shipped can be read again."""

    def __init__(self, run: RunDirectory, display: LiveDisplay, tracker: Tracker, reporter: Reporter | None) -> None:
        self._run = run
        self._display = display
        self._tracker = tracker
        self._reporter = reporter
        self._next_seq = run.next_seq

    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are made again: forget what run directory and tracker have of them."""
        self._run.rewind(next_step)
        self._tracker.rewind(next_step)

    def __call__(self, kind: EventKind, data: dict[str, Any]) -> None:
        event = Event(seq=self._next_seq, kind=kind, data=data)
        self._run.append(event)
        self._next_seq += 1
        if kind == "end":
            write_report(self._run)  # before anyone hears of the end: who follows it up finds the report
        if self._reporter is not None:
            self._reporter.wake()
        if values := flat_metrics(event):
            self._tracker.log(event.data["step"], values)
        self._display.show(event)
