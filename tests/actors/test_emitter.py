"""What is said is on disk, in the sinks and on the screen; the report is there before anyone hears of the end."""

import io
import random

import pytest
from event_stream import evaluation, step_done
from rich.console import Console

from actors.emitter import Emitter
from raylign.record.events.payloads import RunEnded, Status, StepDone, Warned
from raylign.record.rundir import RunDirectory
from raylign.record.sinks import Sink
from raylign.show.console import LiveDisplay


class Points(Sink):
    """Keeps what it is given."""

    def __init__(self, directory=None, name="points"):
        self.points, self.rewound = [], []

    def _add(self, step, points):
        self.points.append((step, points))

    def rewind(self, next_step):
        self.rewound.append(next_step)

    def close(self):
        self.closed = True


class Watched(LiveDisplay):
    """Notes of each event whether the report was there when it was shown."""

    def __init__(self, run):
        super().__init__(Console(file=io.StringIO()))
        self.run, self.seen = run, []

    def show(self, event):
        self.seen.append((event.seq, event.kind, self.run.report_path.exists()))


@pytest.fixture
def run(tmp_path):
    with RunDirectory.create(tmp_path / "run", {"name": "tiny", "steps": 2}) as opened:
        yield opened


def test_what_is_said_goes_to_disk_sinks_and_screen(run):
    display, sinks = Watched(run), (Points(), Points())
    emit = Emitter(run, display, sinks, None)
    step = step_done(("math",), 0, 2, random.Random(0))
    said = [
        Status(phase="training"),
        evaluation(("math",), 0, 0.0),
        step,
        RunEnded(state="failed", message="x", model=None, report=None),
    ]
    for one in said:
        emit(one)
    assert [event.said for event in run.events()] == said
    assert display.seen == [(1, "status", False), (2, "evaluation", False), (3, "step", False), (4, "end", True)]
    for sink in sinks:
        assert [number for number, _ in sink.points] == [0, 0]
        assert sink.points[0][1]["evaluation/math/kl"] == 0.0
        assert sink.points[1][1]["train/grad_norm_by_task/math"] == step.train.grad_norm_by_task["math"]


def test_steps_that_are_made_again_are_forgotten_everywhere(run):
    sink = Points()
    emit = Emitter(run, Watched(run), [sink], None)
    for number in range(2):
        emit(step_done(("math",), number, 2, random.Random(0)))
    emit.rewind(1)
    assert [row["step"] for row in run.metrics()] == [0]
    assert sink.rewound == [1]
    assert Emitter(run, Watched(run), [], None)._next_seq == 3


def test_a_sink_that_fails_is_named_once_and_the_run_goes_on(run):
    class Gone(Points):
        def _add(self, step, points):
            raise ConnectionError("no route to host")

    good = Points()
    emit = Emitter(run, Watched(run), [Gone(), good], None)
    for number in range(2):
        emit(step_done(("math",), number, 2, random.Random(0)))
    said = [event.said for event in run.events()]
    assert [type(one) for one in said] == [StepDone, Warned, StepDone]
    assert said[1].message == "Gone takes no more metrics: ConnectionError: no route to host"
    assert [number for number, _ in good.points] == [0, 1]


def test_a_sink_that_cannot_be_closed_keeps_no_other_open(run, caplog):
    class Stuck(Points):
        def close(self):
            raise ConnectionError("no route to host")

    good = Points()
    Emitter(run, Watched(run), [Stuck(), good], None).close()
    assert good.closed
    assert "Stuck did not take its last metrics" in caplog.text
