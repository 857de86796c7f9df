"""Which trackers a run has: TensorBoard's files, what the environment names, what the job asks for."""

import pytest
from documents import document

from raylign.errors import SpecError
from raylign.spec import parse_job
from raylign.trackers.kinds import KINDS, known, of_run, setting


@pytest.mark.parametrize(
    ("named", "types"),
    [("", ["tensorboard", "wandb"]), (" mlflow, tensorboard,", ["tensorboard", "mlflow", "wandb"])],
)
def test_a_run_has_those_of_its_job_and_of_its_environment(monkeypatch, named, types):
    monkeypatch.setenv("RAYLIGN_SINKS", named)
    found = of_run([KINDS["wandb"](project="mine")])
    assert [tracker.label for tracker in found] == types
    assert found[-1].project == "mine"
    assert setting() == ({"RAYLIGN_SINKS": named} if named else {})


def test_the_job_s_own_settings_hold_where_both_name_one(monkeypatch):
    monkeypatch.setenv("RAYLIGN_SINKS", "wandb")
    assert [tracker.project for tracker in of_run([KINDS["wandb"](project="mine")])[1:]] == ["mine"]


def test_one_that_is_not_known_is_named_with_those_that_are(monkeypatch):
    monkeypatch.setenv("RAYLIGN_SINKS", "mlfow")
    with pytest.raises(
        SpecError, match="RAYLIGN_SINKS names 'mlfow', which is no tracker: known are tensorboard, wandb, mlflow"
    ):
        of_run(())
    assert known("", whose="--trackers") == ()


@pytest.mark.parametrize(
    ("tracker", "says"),
    [
        ({"type": "wandbb"}, "'trackers[0]' has unknown type 'wandbb'; did you mean 'wandb'?"),
        ({"type": "wandb", "api_key": "x"}, "unknown key 'trackers[0].api_key'"),
    ],
)
def test_what_a_job_may_not_say_is_told(tracker, says):
    with pytest.raises(SpecError) as refused:
        parse_job(document(trackers=[tracker]))
    assert says in str(refused.value)


def test_each_is_named_once():
    with pytest.raises(SpecError, match="two `trackers` are of type 'mlflow'"):
        parse_job(document(trackers=[{"type": "mlflow"}, {"type": "mlflow", "experiment": "other"}]))
