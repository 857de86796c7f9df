import random
from dataclasses import replace

import pytest
from event_stream import STAGES, evaluated, event_stream, full_of_holes, recipe_stream, step_done, stepped

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, RunPaused, StageBegun, Status, StepDone
from raylign.record.events.tasks import JudgeFigures
from raylign.record.history import History, satisfied


def folded(events) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def test_a_whole_run():
    history = folded(event_stream(steps=20))
    assert (history.name, history.state, history.done, history.total) == ("tiny-cgpo", "succeeded", 20, 20)
    assert history.change("math", satisfied) == (pytest.approx(0.53), pytest.approx(0.78))
    assert history.judges("math")["answer"] == (0.5, 0.8)
    assert history.rewards("chat") == {"helpfulness": (0.4, pytest.approx(1.2)), "length": (-0.4, -0.4)}
    assert history.rewards("math") == {}
    assert history.skips("code")["timeout"] == 20
    assert history.limit("code") is None
    assert history.planned("math").method == "crpg"
    assert list(history.seconds()) == ["draw", "generate", "judge", "select", "score", "pack", "step", "publish"]


def test_a_resumed_run_replaces_what_it_makes_again():
    events = list(event_stream(steps=10))
    again = [event for event in events if isinstance(event.said, StepDone) and event.said.step >= 5]
    history = folded([*events, *again])
    assert [step.step for step in history.steps] == list(range(10))
    assert history.state == "running"


def test_time_left_is_the_pace_times_the_steps():
    made = step_done((), 0, 8, random.Random(0))
    events = [Event.of(replace(made, step=at, step_s=2.0), seq=at + 1) for at in range(3)]
    assert folded(events).seconds_left == 10.0


def test_before_the_first_step_an_evaluation_tells():
    event = Event.of(EvaluationDone(step=0, tasks={"math": evaluated(satisfied=0.25, judges={"answer": 0.5})}), seq=1)
    history = folded([event])
    assert (history.now("math", satisfied), history.start("math", satisfied)) == (0.25, None)
    assert history.change("math", satisfied) == (0.25, None)
    assert (history.done, history.total, history.seconds_left) == (0, 0, None)


def test_holes_are_none_and_late_tasks_appear():
    history = folded(full_of_holes())
    assert history.tasks == ["chat", "math", "late"]
    assert set(history.series("math", satisfied)) == {None}
    assert history.now("late", satisfied) == 1.0


def test_what_cannot_be_read_changes_nothing():
    history = folded(event_stream(steps=3))
    known = (history.done, len(history.evaluations), len(history.warnings))
    for kind, data in (("step", {}), ("evaluation", {"step": "x"}), ("rollout", {"worker": 3})):
        history.add(Event(seq=99, kind=kind, data=data))
    assert (history.done, len(history.evaluations), len(history.warnings)) == known


def test_judges_of_a_run_without_evaluations_are_those_of_its_steps():
    made = step_done((), 0, 2, random.Random(0))
    first, last = ({"math": stepped(judges=judges)} for judges in ({"answer": 0.25}, {"answer": 0.5, "late": 1.0}))
    events = [Event.of(replace(made, step=at, tasks=tasks), seq=at + 1) for at, tasks in enumerate((first, last))]
    assert folded(events).judges("math") == {"answer": (0.25, 0.5), "late": (None, 1.0)}


def test_what_judges_said_is_added_up_over_the_steps():
    figures = [
        JudgeFigures(satisfied=3, violated=0, abstained={"timeout": 1}, spared=2, mean_s=0.5, p95_s=2.0),
        JudgeFigures(satisfied=1, violated=1, abstained={}, spared=0, mean_s=2.0, p95_s=1.0),
        JudgeFigures(satisfied=0, violated=0, abstained={}, spared=9, mean_s=None, p95_s=None),
    ]
    made = step_done((), 0, 8, random.Random(0))
    events = [
        Event.of(replace(made, step=at, tasks={"math": stepped(verdicts={"answer": one})}), seq=at + 1)
        for at, one in enumerate(figures)
    ]
    (found,) = folded(events).verdicts("math").values()
    assert (found.satisfied, found.violated, found.abstained, found.spared) == (4, 1, {"timeout": 1}, 11)
    assert (found.mean_s, found.p95_s) == (pytest.approx((4 * 0.5 + 2 * 2.0) / 6), 2.0)


def test_what_is_told_of_held_out_responses_changes_from_the_first_evaluation_to_the_last():
    ends = [evaluated(held_out={"loss": 2.0}), evaluated(held_out={"loss": 1.5, "late": 1.0})]
    events = [Event.of(EvaluationDone(step=at, tasks={"math": one}), seq=at + 1) for at, one in enumerate(ends)]
    assert folded(events[:1]).held_out("math") == {"loss": (2.0, None)}
    assert folded(events).held_out("math") == {"loss": (2.0, 1.5), "late": (None, 1.0)}
    assert folded([]).held_out("math") == {}


def test_a_loss_s_measures_are_named_as_they_come():
    made = step_done(("math",), 0, 2, random.Random(0))
    trained = [
        replace(made.train, loss_metrics=found) for found in ({}, {"math": {"nll": 1.0}}, {"math": {"late": 2.0}})
    ]
    events = [Event.of(replace(made, step=at, train=train), seq=at + 1) for at, train in enumerate(trained)]
    assert folded(events).measures("math") == ["nll", "late"]
    assert folded(events).measures("chat") == []


def test_pass_at_changes_from_the_first_evaluation_to_the_last():
    ends = [evaluated(pass_at={"1": 0.25, "8": 0.5}), evaluated(pass_at={"1": 0.5, "8": 0.75})]
    events = [
        Event.of(EvaluationDone(step=at, tasks={"math": one}), seq=at + 1) for at, one in enumerate(ends)
    ]  # fmt: skip
    assert folded(events[:1]).pass_at("math") == {"1": (0.25, None), "8": (0.5, None)}
    assert folded(events).pass_at("math") == {"1": (0.25, 0.5), "8": (0.5, 0.75)}
    assert folded([]).pass_at("math") == {}


def test_a_paused_run_says_so_until_it_goes_on():
    history = History()
    for said in (Status(phase="training"), RunPaused(step=2, message="it goes on from step-2")):
        history.add(Event.of(said, seq=1))
    assert (history.state, history.phase, history.detail) == ("paused", "paused", "it goes on from step-2")
    history.add(Event.of(Status(phase="paused", detail="after 2 steps"), seq=0))  # the gateway's own word
    assert history.state == "paused"
    history.add(Event.of(Status(phase="planning"), seq=2))
    assert history.state == "running"


def test_stages_are_told_apart_though_their_steps_and_tasks_are_called_alike():
    history, seen = History(), []
    for event in recipe_stream():
        history.add(event)
        seen.append(history.title)
    assert list(dict.fromkeys(seen)) == ["job", *(f"chain, stage {n} of 3: {name}" for n, name in enumerate(STAGES, 1))]
    assert [chapter.stage.stage for chapter in history.chapters] == list(STAGES)
    assert [chapter.done for chapter in history.chapters] == [4, 4, 4]
    assert [chapter.state for chapter in history.chapters] == ["succeeded"] * 3
    assert history.begun == history.chapters[0].started < history.started
    assert all(len(chapter.evaluations) == 2 for chapter in history.chapters)


def test_a_stage_that_goes_on_is_the_same_one():
    history, events = History(), list(recipe_stream(open_from=1))
    again = next(event for event in events if isinstance(event.said, StageBegun) and event.said.number == 2)
    for event in (*events, again):
        history.add(event)
    assert len(history.chapters) == 2
    assert history.steps
