"""What gauges show is what events say."""

import random
from dataclasses import replace

from event_stream import evaluation, step_done

from raylign.monitor.gauges import GAUGES
from raylign.record.events.payloads import Payload


def shown(name: str, said: Payload) -> dict[tuple[str, ...], float | None]:
    return dict(next(gauge for gauge in GAUGES if gauge.name == name).read(said))


def test_what_is_shown_is_what_the_step_says() -> None:
    step = step_done(("math", "chat"), 3, 8, random.Random(0))
    assert step.train is not None
    assert shown("satisfied", step) == {
        ("math",): step.tasks["math"].satisfied,
        ("chat",): step.tasks["chat"].satisfied,
    }
    assert shown("judge_satisfied", step)["math", "answer"] == step.tasks["math"].judges["answer"]
    assert shown("loss", step) == {(): step.train.loss}
    assert shown("step", step) == {(): 4}
    assert shown("phase_seconds", step)[("generate",)] == step.seconds["generate"]
    assert shown("evaluation_satisfied", step) == {}


def test_an_evaluation_is_shown_apart_from_the_steps() -> None:
    measured = evaluation(("math",), 0, 0.5)
    assert shown("evaluation_satisfied", measured) == {("math",): measured.tasks["math"].satisfied}
    assert shown("satisfied", measured) == {}


def test_a_step_that_trained_on_nothing_shows_no_loss() -> None:
    step = step_done(("math",), 0, 2, random.Random(0))
    nothing = replace(step, train=None)
    assert shown("loss", nothing) == shown("task_grad_norm", nothing) == shown("loss_part", nothing) == {}
