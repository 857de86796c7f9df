from dataclasses import MISSING, fields, is_dataclass

import pytest
from event_stream import STAGES, event_stream, recipe_stream

from raylign.record.events.payloads import KINDS, RunPaused, StepDone, Warned, read, wire
from raylign.record.events.reading import MOST_PARTS


def test_kinds_are_words_of_their_own():
    assert list(KINDS) == [
        *(
            "status",
            "stage",
            "plan",
            "evaluation",
            "step",
            "samples",
            "checkpoint",
            "warning",
            "tracker",
            "pushed",
            "paused",
            "end",
        )
    ]


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if is_dataclass(kind)])
def test_who_says_something_says_all_of_it(kind):
    """Reading forgives what is absent; making does not."""
    demanded = [field.name for field in fields(kind) if field.default is field.default_factory is MISSING]
    assert demanded
    with pytest.raises(TypeError, match=demanded[0]):
        kind()
    with pytest.raises(TypeError, match="unknown"):
        kind(unknown=1)


def test_all_kinds_come_back_from_the_wire():
    said = [event.said for stream in (event_stream(steps=20), recipe_stream()) for event in stream]
    said.append(RunPaused(step=4, message="from step-4"))
    assert {type(one) for one in said} == set(KINDS.values())
    assert [read(one.kind, wire(one)) for one in said] == said


@pytest.mark.parametrize(
    "kind", [name for name in KINDS if name not in ("step", "samples", "evaluation", "checkpoint", "paused", "end")]
)
def test_what_demands_nothing_is_read_from_anything(kind):
    assert isinstance(read(kind, {"phase": 3, "message": None, "tasks": "x", "job": []}), KINDS[kind])


def test_a_stage_is_told_of_where_there_is_one():
    (plain, *_), staged = (
        [event for event in stream if event.kind == "step"] for stream in (event_stream(), recipe_stream())
    )
    assert "stage" not in plain.data
    assert plain.said.stage == ""
    assert [event.data["stage"] for event in staged] == [stage for stage in STAGES for _ in range(4)]
    assert all(isinstance(event.said, StepDone) for event in staged)


def test_text_of_any_kind_travels():
    message = "\x1b[2J \u2028 \U0001f600 </script>"
    assert read("warning", wire(Warned(message=message))) == Warned(message=message)


def test_a_list_without_end_is_not_read():
    """Each ``{}`` would come to a kilobyte."""
    for count, kept in ((1, 1), (MOST_PARTS + 1, 0)):
        parts = [{}] * count
        plan = read("plan", {"tasks": parts, "actors": parts})
        evaluation = read("evaluation", {"step": 0, "tasks": {"math": {"samples": parts}}})
        assert [len(plan.tasks), len(plan.actors), len(evaluation.tasks["math"].samples)] == [kept] * 3
