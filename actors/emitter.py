"""One run's voice: numbers what is said and passes it on: run directory, gateway, display, sinks of metrics."""

import logging
from collections.abc import Mapping, Sequence

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, Payload, RunEnded, StepDone, Warned
from raylign.record.metrics import flat_metrics
from raylign.record.rundir import RunDirectory
from raylign.record.sinks import Sink
from raylign.service.reporter import Reporter
from raylign.show.console import LiveDisplay
from raylign.show.report import write_report

logger = logging.getLogger(__name__)


class Emitter:
    """``emit(payload)``. On disk first: what is shown or shipped can be read again."""

    def __init__(
        self, run: RunDirectory, display: LiveDisplay, sinks: Sequence[Sink], reporter: Reporter | None
    ) -> None:
        self._run = run
        self._display = display
        self._sinks = list(sinks)
        self._reporter = reporter
        self._next_seq = run.next_seq

    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are made again: forget what run directory and sinks have of them."""
        self._run.rewind(next_step)
        for sink in self._sinks:
            sink.rewind(next_step)

    def __call__(self, said: Payload) -> None:
        event = Event.of(said, seq=self._next_seq)
        self._run.append(event)
        self._next_seq += 1
        if isinstance(said, RunEnded):
            write_report(self._run)  # before anyone hears of the end: who follows it up finds the report
        if self._reporter is not None:
            self._reporter.wake()
        self._display.show(event)
        match said:
            case StepDone(step=step) | EvaluationDone(step=step):
                self._log(step, flat_metrics(said))

    def close(self) -> None:
        """Let the sinks write what they hold back. Nothing is said after the end: the log names one that fails."""
        for sink in self._sinks:
            try:
                sink.close()
            except Exception:
                logger.warning("%s did not take its last metrics", type(sink).__name__, exc_info=True)

    def _log(self, step: int, metrics: Mapping[str, float | None]) -> None:
        for sink in list(self._sinks):
            try:
                sink.log(step, metrics)
            except Exception as error:  # whatever its library raises: lost curves are no reason to lose the run
                self._sinks.remove(sink)
                self(Warned(message=f"{type(sink).__name__} takes no more metrics: {type(error).__name__}: {error}"))
