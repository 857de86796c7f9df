"""What is said is on disk, at the trackers and on the screen; the report is there before anyone hears of the end."""

import io
import random
from typing import ClassVar, Literal

import pytest
from event_stream import evaluation, step_done
from rich.console import Console

from actors.emitter import Emitter
from raylign.record.events.payloads import RunEnded, RunPaused, Status, StepDone, Tracked, Warned
from raylign.record.rundir import RunDirectory
from raylign.show.console import LiveDisplay
from raylign.trackers.sink import Sink
from raylign.trackers.tracker import Tracker
from raylign.trackers.tracking import Tracking


class Points(Sink):
    """Keeps what it is given."""

    link = "here"

    def __init__(self):
        self.points, self.rewound = [], []

    def _add(self, step, points):
        self.points.append((step, points))

    def rewind(self, next_step):
        self.rewound.append(next_step)

    def close(self, *, succeeded):
        self.succeeded = succeeded


class Gone(Points):
    def _add(self, step, points):
        raise ConnectionError("no route to host")


class Kept(Tracker):
    """Opens the sinks of its test, by index."""

    library: ClassVar = "json"
    leaves: ClassVar = False
    sinks: ClassVar[list[Sink]]

    type: Literal["kept"] = "kept"
    at: int

    def open(self, directory, name):
        return self.sinks[self.at]


def tracking(run, *sinks):
    Kept.sinks = sinks
    return Tracking([Kept(at=at) for at, _ in enumerate(sinks)], run.path, "tiny")


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


def test_what_is_said_goes_to_disk_trackers_and_screen(run):
    display, sinks = Watched(run), (Points(), Points())
    emit = Emitter(run, display, tracking(run, *sinks), None)
    step = step_done(("math",), 0, 2, random.Random(0))
    said = [
        Status(phase="training"),
        evaluation(("math",), 0, 0.0),
        step,
        RunEnded(state="failed", message="x", model=None, report=None),
    ]
    for one in said:
        emit(one)
    links = [Tracked(tracker="kept", link="here")] * 2
    assert [event.said for event in run.events() if not isinstance(event.said, Tracked)] == said
    assert [event.said for event in run.events() if isinstance(event.said, Tracked)] == links
    assert [seq for seq, *_ in display.seen] == list(range(1, 7))
    assert [(kind, there) for _, kind, there in display.seen if kind != "tracker"] == [
        ("status", False), ("evaluation", False), ("step", False), ("end", True)
    ]  # fmt: skip
    for sink in sinks:
        assert [number for number, _ in sink.points] == [0, 0]
        assert sink.points[0][1]["evaluation/math/kl"] == 0.0
        assert sink.points[1][1]["train/grad_norm_by_task/math"] == step.train.grad_norm_by_task["math"]
        assert sink.succeeded is False


def test_a_pause_is_an_attempt_s_last_word_too(run):
    display, sink = Watched(run), Points()
    emit = Emitter(run, display, tracking(run, sink), None)
    emit(RunPaused(step=1, message="it goes on from step-1"))
    assert display.seen[-1] == (2, "paused", True)
    assert sink.succeeded is False


def test_steps_that_are_made_again_are_forgotten_everywhere(run):
    sink = Points()
    kept = tracking(run, sink)
    emit = Emitter(run, Watched(run), kept, None)
    for number in range(2):
        emit(step_done(("math",), number, 2, random.Random(0)))
    emit.rewind(1)
    assert [row["step"] for row in run.metrics()] == [0]
    kept.close(succeeded=True)
    assert sink.rewound == [1]
    assert Emitter(run, Watched(run), tracking(run), None)._next_seq == run.next_seq


def test_a_tracker_that_fails_is_named_once_before_the_end_and_the_run_goes_on(run):
    good = Points()
    emit = Emitter(run, Watched(run), tracking(run, Gone(), good), None)
    for number in range(2):
        emit(step_done(("math",), number, 2, random.Random(0)))
    emit(RunEnded(state="succeeded", message="", model=None, report=None))
    said = [event.said for event in run.events()]
    assert [one.message for one in said if isinstance(one, Warned)] == [
        "tracker 'kept' takes no more metrics: ConnectionError: no route to host"
    ]
    assert isinstance(said[-1], RunEnded)
    assert sum(isinstance(one, StepDone) for one in said) == 2
    assert [number for number, _ in good.points] == [0, 1]
