"""From requests to jobs."""

from typing import Any

import pytest
from uploads import record

from raylign.errors import SpecError
from raylign.service.openai.mapping import document, merged
from raylign.service.openai.requests import NewFineTuning
from raylign.service.store import DatasetRecord, DatasetState
from raylign.spec import parse_job


def data(rows: int) -> DatasetRecord:
    inspection = {"usable": rows, "unusable": 0, "failure": "", "extra": [], "faults": {}}
    return record(state=DatasetState.READY, report={"inspection": inspection})


def mapped(rows: int = 1000, held: int = 0, settings: dict[str, Any] | None = None, **asked: Any) -> dict[str, Any]:
    wanted = NewFineTuning.model_validate({"model": "m", "training_file": "f", **asked})
    made = document(
        wanted,
        model="m",
        training=data(rows),
        validation=data(held) if held else None,
        settings=settings or {},
        asker=str,
    )
    parse_job(made)
    return made


@pytest.mark.parametrize(
    ("rows", "hyperparameters", "batch", "steps"),
    [
        (1000, {}, 31, 99),  # a batch of a 32nd, 33 steps an epoch, three epochs
        (10, {}, 1, 30),
        (100_000, {}, 32, 9375),
        (1000, {"n_epochs": 2, "batch_size": 64}, 64, 32),
        (64, {"batch_size": 64, "n_epochs": "auto"}, 64, 3),
    ],
)
def test_auto_is_a_number_by_the_rows(rows: int, hyperparameters: dict[str, Any], batch: int, steps: int) -> None:
    made = mapped(rows, hyperparameters=hyperparameters)
    assert (made["tasks"][0]["prompts_per_step"], made["steps"]) == (batch, steps)


def test_a_multiplier_multiplies_the_methods_rate_or_the_operators() -> None:
    assert mapped()["trainer"]["learning_rate"] == 1e-5
    half = {"learning_rate_multiplier": 0.5}
    assert mapped(hyperparameters=half)["trainer"]["learning_rate"] == 5e-6
    told = mapped(hyperparameters=half, settings={"trainer": {"learning_rate": 1e-4, "ranks": 2}})
    assert told["trainer"] == {"learning_rate": 5e-5, "ranks": 2}
    assert mapped(method={"type": "dpo"})["trainer"]["learning_rate"] == 1e-6


def test_validation_is_measured_on_and_nothing_is_held_out_without() -> None:
    assert mapped()["evaluation"] == {"rows": 0}
    assert mapped()["tasks"][0]["holdout"] == 0
    made = mapped(held=20)
    assert made["evaluation"] == {"rows": 20}
    assert made["tasks"][0]["eval_prompts"]["path"].startswith("dataset://ds_")


def test_the_operators_settings_lie_under_the_requests() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 5}, "e": 6}) == {"a": {"b": 5, "c": 2}, "d": 3, "e": 6}
    assert merged({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}


def test_data_that_was_not_understood_is_not_trained_on() -> None:
    wanted = NewFineTuning(model="m", training_file="f")
    for report, says in (({"failure": "no columns"}, "no columns"), ({}, "still being looked at")):
        with pytest.raises(SpecError, match=says):
            document(wanted, model="m", training=record(report=report), validation=None, settings={}, asker=str)
