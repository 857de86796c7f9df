"""What a stranger may report: what is taken can be read, and what could not be read is not taken."""

import pytest
from event_stream import event_stream

from raylign import bounds
from raylign.record.events import Event
from raylign.record.events.payloads import KINDS

DATA = [
    {},
    {"step": 3},
    {"step": -1},
    {"step": "3"},
    {"step": 3.0},
    {"step": True},
    {"step": 2**54},
    {"step": 3, "tasks": {}},
    {"step": 3, "tasks": {"math": {}}},
    {"step": 3, "tasks": {"math": {"judges": [1], "skips": 3, "satisfied": "x", "samples": {"a": 1}}}},
    {"step": 3, "tasks": {"math": None}},
    {"step": 3, "tasks": {"math": [1]}},
    {"step": 3, "tasks": None},
    {"step": 3, "tasks": [["math", {}]]},
    {"step": 3, "tasks": {str(n): {} for n in range(bounds.TASKS)}},
    {"step": 3, "tasks": {str(n): {} for n in range(bounds.TASKS + 1)}},
    {"step": 3, "train": 7, "seconds": [1], "version": {}, "step_s": "fast"},
    {"state": "succeeded"},
    {"state": "fine"},
    {"state": None, "message": 3},
    {"phase": 3, "detail": [], "message": {}, "job": 1, "actors": [1], "path": None},
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("data", DATA)
def test_what_meets_the_demand_can_be_read_and_nothing_else(kind, data):
    assert KINDS[kind].demand.met(data) == (Event(seq=1, kind=kind, data=data).said is not None)


def test_whatever_a_run_says_meets_it():
    assert all(KINDS[event.kind].demand.met(event.data) for event in event_stream(steps=3))


def test_the_words_name_what_is_demanded():
    assert {name: kind.demand.words for name, kind in KINDS.items() if kind.demand.words != "nothing"} == {
        "evaluation": "a whole number as `step`, and as `tasks` at most 64 objects by name",
        "step": "a whole number as `step`, and as `tasks` at most 64 objects by name",
        "samples": "a whole number as `step`",
        "checkpoint": "a whole number as `step`",
        "paused": "a whole number as `step`",
        "end": "as `state` one of succeeded, failed, cancelled",
    }


def test_no_step_or_evaluation_has_more_tasks_than_a_job():
    for kind in ("step", "evaluation"):
        met = [
            KINDS[kind].demand.met({"step": 3, "tasks": {str(n): {} for n in range(count)}})
            for count in (bounds.TASKS, bounds.TASKS + 1)
        ]
        assert met == [True, False]
