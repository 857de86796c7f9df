"""How a method of pairs takes its loss: a name with a beta beside it, or a mapping."""

import pytest
from loss_terms import make_terms
from method_cases import OAIF_METHOD, group
from pairs_job import pairs_job
from pydantic import ValidationError

from raylign.errors import SpecError
from raylign.losses import build
from raylign.methods import OAIF
from raylign.methods.direct import Direct
from raylign.methods.losses import OWN
from raylign.methods.selection import Selection


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
        (
            {"loss": "simpo", "gamma": 0.5},
            r"'tasks\[0\].method.gamma'; it stands under `tasks\[\].method.asking` or under `tasks\[\].method.loss`",
        ),
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


# Two pairs, of 2 and 1 and of 1 and 2 tokens: log-probs of the policy and of the reference.
POLICY = [[[-1.0, -3.0], [-3.0]], [[-2.0], [-1.0, -0.5]]]
REFERENCE = [[[-1.0, -2.0], [-1.0]], [[-2.5], [-0.5, -0.5]]]


def held_out():
    """The pairs, and what is known of them by sample."""
    pairs = [group((0.0, True), (0.0, True), number=number) for number in range(2)]
    selection = Selection(chosen=[(pair, pair.samples) for pair in pairs])

    def scores(table):
        return {
            sample.completion.key: tuple(values)
            for pair, both in zip(pairs, table, strict=True)
            for sample, values in zip(pair.samples, both, strict=True)
        }

    return selection, scores(POLICY), scores(REFERENCE)


@pytest.mark.parametrize(
    ("loss", "margin", "accuracy"),
    [
        ("dpo", (1.0 + 1.0) / 2, 1.0),  # -1 less -2, and 0.5 less -0.5
        ("dpo_norm", (1.5 + 0.75) / 2, 1.0),
        ("cpo", (-1.0 - 0.5) / 2, 0.0),
        ("simpo", (1.0 - 1.25) / 2, 0.5),
    ],
)
def test_held_out_pairs_are_measured_by_the_loss_s_own_margin(loss, margin, accuracy):
    found = Direct(loss=loss).examine(*held_out())
    assert found == pytest.approx({"margin": margin, "accuracy": accuracy})


@pytest.mark.parametrize("loss", [loss() for loss in OWN if loss().type != "orpo"], ids=lambda loss: loss.type)
def test_they_are_measured_as_a_step_s_are(loss):
    padded = [[[row + [0.0] * (2 - len(row)) for row in pair] for pair in table] for table in (POLICY, REFERENCE)]
    mask = [[[1.0] * len(row) + [0.0] * (2 - len(row)) for row in pair] for pair in POLICY]
    metrics = build(loss.objective, max_correction=1.0)(make_terms(padded[0], reference=padded[1], mask=mask)).metrics
    step = {name: float(metrics[name].total / metrics[name].over) for name in ("margin", "accuracy")}
    assert Direct(loss=loss).examine(*held_out()) == pytest.approx(step)


def test_of_no_pairs_nothing_is_told():
    assert Direct().examine(Selection(chosen=[]), {}, {}) == {}
