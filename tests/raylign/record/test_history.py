import math

import pytest
from event_stream import event_stream, full_of_holes

from raylign.record.events import Event
from raylign.record.history import History, flat_metrics, number


def folded(events) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def test_a_whole_run():
    history = folded(event_stream(steps=20))
    assert (history.name, history.state, history.done, history.total) == ("tiny-cgpo", "succeeded", 20, 20)
    assert history.change("math", "satisfied") == (pytest.approx(0.53), pytest.approx(0.78))
    assert history.judges("math")["answer"] == (0.5, 0.8)
    assert history.skips("code")["timeout"] == 20
    assert history.limit("code") is None
    assert list(history.seconds()) == ["draw", "generate", "judge", "select", "score", "pack", "step", "publish"]


def test_a_resumed_run_replaces_what_it_makes_again():
    events = list(event_stream(steps=10))
    again = [event for event in events if event.kind == "step" and event.data["step"] >= 5]
    history = folded([*events, *again])
    assert [step["step"] for step in history.steps] == list(range(10))
    assert history.state == "running"


def test_time_left_is_the_pace_times_the_steps():
    events = [Event(seq=at + 1, kind="step", data={"step": at, "steps": 8, "step_s": 2.0}) for at in range(3)]
    assert folded(events).seconds_left == 10.0


def test_flat_metrics_of_a_step():
    event = Event(
        seq=1,
        kind="step",
        data={
            "step": 3,
            "steps": 9,
            "tasks": {"math": {"satisfied": 0.5, "reward": None, "judges": {"answer": 1}, "skips": {"tie": 2}}},
            "train": {"loss": math.nan},
            "seconds": {"generate": 0.25},
            "tokens_per_s": 10.0,
        },
    )
    assert flat_metrics(event) == {
        "math/satisfied": 0.5,
        "math/reward": None,
        "math/judges/answer": 1.0,
        "math/skips/tie": 2.0,
        "train/loss": None,
        "seconds/generate": 0.25,
        "tokens_per_s": 10.0,
    }


def test_flat_metrics_of_an_evaluation_leave_samples_out():
    event = next(event for event in event_stream(tasks=("math",)) if event.kind == "evaluation")
    assert set(flat_metrics(event)) == {
        *(
            f"evaluation/math/{name}"
            for name in (
                "satisfied",
                "reward",
                "kl",
                "tokens",
                "prompts",
                "judges/answer",
                "judges/format",
                "asked/answer",
                "asked/format",
            )
        )
    }


def test_holes_are_none_and_late_tasks_appear():
    history = folded(full_of_holes())
    assert history.tasks == ["chat", "math", "late"]
    assert set(history.series("math", "satisfied")) == {None}
    assert history.now("late", "satisfied") == 1.0


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 1.0), (math.nan, None), (math.inf, None), ("1", None), (True, None)]
)
def test_number(value, expected):
    assert number(value) == expected
