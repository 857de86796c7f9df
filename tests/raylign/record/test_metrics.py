import math

import pytest
from event_stream import evaluation, stepped

from raylign.record.events.payloads import StepDone, Trained, Warned
from raylign.record.metrics import flat_metrics, mean

TASK = ("satisfied", "abstained", "truncated", "reward", "kl", "tokens", "prompts")
TRAINED = Trained(
    loss=math.nan,
    grad_norm=1.5,
    learning_rate=1e-4,
    logprob_gap_max=0.0,
    logprob_gap_mean=0.0,
    padding=0.25,
    grad_norm_by_task={"math": 1.25},
    loss_metrics={"math": {"clip_share": 0.5}},
)


def step(train: Trained | None) -> StepDone:
    return StepDone(
        step=3,
        steps=9,
        version=4,
        staleness=1,
        tasks={"math": stepped(satisfied=0.5, judges={"answer": 1}, asked={"answer": 8}, skips={"tie": 2})},
        train=train,
        seconds={"generate": 0.25},
        step_s=2.0,
        tokens=20,
        tokens_per_s=10.0,
    )


def test_flat_metrics_of_a_step():
    unknown = dict.fromkeys((*(f"math/{name}" for name in TASK), "math/calibrated"))
    assert flat_metrics(step(TRAINED)) == {
        **unknown,
        "math/satisfied": 0.5,
        "math/judges/answer": 1.0,
        "math/asked/answer": 8.0,
        "math/examples": 64.0,
        "math/skips/tie": 2.0,
        "version": 4.0,
        "staleness": 1.0,
        "train/loss": None,
        "train/grad_norm": 1.5,
        "train/learning_rate": 1e-4,
        "train/logprob_gap_max": 0.0,
        "train/logprob_gap_mean": 0.0,
        "train/padding": 0.25,
        "train/grad_norm_by_task/math": 1.25,
        "train/loss_metrics/math/clip_share": 0.5,
        "seconds/generate": 0.25,
        "step_s": 2.0,
        "tokens": 20.0,
        "tokens_per_s": 10.0,
    }


def test_a_step_that_trained_nothing_has_no_metrics_of_training():
    assert not [name for name in flat_metrics(step(None)) if name.startswith("train")]


def test_flat_metrics_of_an_evaluation_leave_samples_out():
    names = (*TASK, "judges/answer", "judges/format", "asked/answer", "asked/format", "pass_at/8", "held_out/loss")
    assert set(flat_metrics(evaluation(("math",), 0, 0.5))) == {f"evaluation/math/{name}" for name in names}


@pytest.mark.parametrize("said", [Warned(message="x"), None])
def test_what_measures_nothing_has_none(said):
    assert flat_metrics(said) == {}


def test_mean_of_what_is_there():
    assert mean([None, 1.0, 2.0]) == 1.5
    assert mean([None]) is None
