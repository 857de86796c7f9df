"""What may be asked of fine-tuning."""

from typing import get_type_hints

import pytest
from openai.types.fine_tuning import (
    dpo_hyperparameters,
    job_create_params,
    reinforcement_hyperparameters,
    supervised_hyperparameters,
)
from pydantic import ValidationError

from raylign.service.openai.requests import (
    Hyperparameters,
    NewFineTuning,
    PairHyperparameters,
    ReinforcementHyperparameters,
)


def test_every_field_that_the_package_sends_is_known() -> None:
    known = set(NewFineTuning.model_fields)
    assert set(get_type_hints(job_create_params.JobCreateParams)) == known
    for ours, theirs in (
        (Hyperparameters, supervised_hyperparameters.SupervisedHyperparameters),
        (ReinforcementHyperparameters, reinforcement_hyperparameters.ReinforcementHyperparameters),
        (PairHyperparameters, dpo_hyperparameters.DpoHyperparameters),
    ):
        assert set(ours.model_fields) == set(theirs.model_fields)


def test_what_is_not_known_is_refused() -> None:
    base = {"model": "m", "training_file": "f"}
    for wrong in ({"x": 1}, {"method": {"type": "dpo", "supervised": {}}}, {"hyperparameters": {"beta": 1}}):
        with pytest.raises(ValidationError):
            NewFineTuning.model_validate(base | wrong)
