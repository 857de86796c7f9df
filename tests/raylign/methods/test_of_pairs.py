"""How a method of pairs takes its loss: a name with a beta beside it, or a mapping."""

import pytest
from method_cases import OAIF_METHOD
from pairs_job import pairs_job
from pydantic import ValidationError

from raylign.errors import SpecError
from raylign.methods import OAIF
from raylign.methods.direct import Direct


@pytest.mark.parametrize(
    ("document", "settings"),
    [
        ({}, {"beta": 0.1, "label_smoothing": 0.0}),
        ({"beta": 0.3}, {"beta": 0.3, "label_smoothing": 0.0}),
        ({"loss": "ipo"}, {"beta": 1.0}),
        ({"loss": "ipo", "beta": 0.3}, {"beta": 0.3}),
        ({"loss": {"type": "simpo", "gamma": 0.5}}, {"beta": 2.0, "gamma": 0.5, "label_smoothing": 0.0}),
        ({"loss": {"type": "ipo", "beta": 0.3}, "beta": 0.3}, {"beta": 0.3}),
    ],
)
def test_a_loss_by_name_or_with_its_settings(document, settings):
    method = Direct.model_validate(document)
    assert method.objective.settings == settings
    assert Direct.model_validate_json(method.model_dump_json()) == method


def test_two_betas_are_refused():
    with pytest.raises(ValidationError, match="`beta` is 0.3 and the loss's own 1: say it in `loss` alone"):
        Direct.model_validate({"loss": {"type": "ipo"}, "beta": 0.3})


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ({"loss": "simpo", "gamma": 0.5}, r"'tasks\[0\].method.gamma'; it stands under `tasks\[\].method.loss`"),
        ({"loss": "simp"}, r"'tasks\[0\].method.loss' has unknown type 'simp'; did you mean 'simpo'"),
        ({"loss": "hinge"}, "unknown type 'hinge'; `slic`"),
        ({"loss": "dpo", "beta": -1}, r"'tasks\[0\].method.beta' is -1"),
        ({"loss": {"type": "dpo", "beta": -1}}, r"'tasks\[0\].method.loss.beta' is -1"),
        ({"loss": {"type": "dpo", "tau": 1}}, r"'tasks\[0\].method.loss': dpo has no `tau`"),
    ],
)
def test_a_job_is_told_where_and_what(method, says):
    with pytest.raises(SpecError, match=says):
        pairs_job(task={"method": method})


def test_online_pairs_take_any_loss_but_one_that_reads_a_row():
    annotator = OAIF_METHOD.annotator
    online = OAIF(loss="simpo", annotator=annotator)
    assert (online.needs.reference, online.objective.settings["gamma"]) == (False, 1.0)
    with pytest.raises(ValidationError, match="modpo reads the `margin` of each pair of a file"):
        OAIF(loss="modpo", annotator=annotator)
