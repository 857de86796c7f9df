"""What is measured of a task has the same names in a step, in an evaluation, and for whoever reads them."""

from dataclasses import fields

from raylign.record.events.payloads import read
from raylign.record.events.tasks import ShownSample, TaskEvaluation, TaskMetrics, TaskStep


def names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def test_steps_and_evaluations_share_their_metrics():
    shared = names(TaskMetrics)
    assert names(TaskStep) == [*shared, "calibrated", "examples", "skips", "canaries", "method", "weighed"]
    assert names(TaskEvaluation) == [*shared, "pass_at", "samples", "held_out"]


def test_a_task_of_which_nothing_is_told_is_read():
    (task,) = read("step", {"step": 0, "tasks": {"math": {}}}).tasks.values()
    assert (task.satisfied, task.prompts, task.judges, task.skips, task.examples) == (None, None, {}, {}, 0)


def test_of_a_strange_task_the_rest_is_read():
    strange = {"satisfied": 0.5, "reward": "high", "judges": {"answer": 1, "tone": "good"}, "asked": [8], "mood": 3}
    (task,) = read("step", {"step": 0, "tasks": {"math": strange}}).tasks.values()
    assert (task.satisfied, task.reward, task.judges, task.asked) == (0.5, None, {"answer": 1.0, "tone": None}, {})


def test_samples_are_read_whatever_is_missing():
    data = {"step": 0, "tasks": {"math": {"samples": [{"prompt": "2 + 2?", "verdicts": {"answer": None}}]}}}
    (sample,) = read("evaluation", data).tasks["math"].samples
    assert sample == ShownSample(
        prompt="2 + 2?", response="", satisfied=None, reward=None, verdicts={"answer": ""}, rulings={}, rewards={}
    )
