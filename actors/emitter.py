"""One run's voice: numbers what is said and passes it to the run directory, the display, the tracker, the gateway."""

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, Payload, RunEnded, StepDone
from raylign.record.metrics import flat_metrics
from raylign.record.rundir import RunDirectory
from raylign.record.trackers import Tracker
from raylign.service.reporter import Reporter
from raylign.show.console import LiveDisplay
from raylign.show.report import write_report


class Emitter:
    """``emit(payload)``. On disk first: what is shown or shipped can be read again."""

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

    def __call__(self, said: Payload) -> None:
        event = Event.of(said, seq=self._next_seq)
        self._run.append(event)
        self._next_seq += 1
        if isinstance(said, RunEnded):
            write_report(self._run)  # before anyone hears of the end: who follows it up finds the report
        if self._reporter is not None:
            self._reporter.wake()
        match said:
            case StepDone(step=step) | EvaluationDone(step=step):
                self._tracker.log(step, flat_metrics(said))
        self._display.show(event)
