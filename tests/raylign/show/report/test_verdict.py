"""The report's verdict: what rose, what fell, and what may be chance."""

import pytest
from event_stream import evaluated, failed_at_start, plan

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone
from raylign.record.events.tasks import TaskEvaluation
from raylign.record.history import History
from raylign.show.report.verdict import verdict


def folded(events) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def change(before: dict[str, TaskEvaluation], after: dict[str, TaskEvaluation], *, kl_max: float = 5.0) -> History:
    planned = plan(tuple(before), 5)
    tasks = tuple(task.model_copy(update={"kl_max": kl_max}) for task in planned.tasks)
    said = (
        planned.model_copy(update={"tasks": tasks}),
        EvaluationDone(step=0, tasks=before),
        EvaluationDone(step=5, tasks=after),
    )
    return folded(Event.of(one, seq=at) for at, one in enumerate(said, start=1))


def test_verdict_names_what_fell():
    words = verdict(
        change(
            {"math": evaluated(satisfied=0.5), "code": evaluated(satisfied=0.5)},
            {"math": evaluated(satisfied=0.7), "code": evaluated(satisfied=0.4)},
        )
    )
    assert "rose on 1 of 2 tasks; the mean change is +5 points" in words[1]
    assert words[2] == "It fell on code (-10)."


@pytest.mark.parametrize(
    ("after", "prompts", "says"),
    [
        (0.7, 100, "Chance alone (95 % intervals) does not explain the rise on math."),
        (0.7, 10, "Nothing rose beyond what chance alone may do (95 % intervals, on at most 10 prompts a task)"),
        (0.4, 100, "Nothing rose beyond what chance alone may do"),
    ],
)
def test_verdict_says_whether_a_rise_may_be_chance(after, prompts, says):
    words = verdict(
        change(
            {"math": evaluated(satisfied=0.5, prompts=prompts)}, {"math": evaluated(satisfied=after, prompts=prompts)}
        )
    )
    assert words[2].startswith(says)


def test_verdict_tells_of_held_out_responses_where_nobody_judged():
    before, after = (evaluated(held_out={"loss": loss}) for loss in (1.25, 1.0))
    words = verdict(change({"math": before}, {"math": after}))
    assert words[1:2] == ["Of held-out responses of math: loss 1.250 before, 1.000 after."]
    assert verdict(change({"math": evaluated()}, {"math": evaluated()}))[1] == (
        "Nothing was measured both before and after."
    )


def test_verdict_names_kl_beyond_its_limit():
    inside, beyond = (
        verdict(change({"math": evaluated(satisfied=0.5)}, {"math": evaluated(satisfied=0.5, kl=kl)}, kl_max=3.0))[-1]
        for kl in (3.0, 3.5)
    )
    assert inside == "The KL divergence from the reference is within its limit wherever there is one."
    assert "beyond its limit on math (3.5 of 3 nats)" in beyond


def test_verdict_of_a_failed_run_gives_the_reason():
    assert verdict(folded(failed_at_start("disk full.")))[0] == "The run failed after 0 steps: disk full."
