"""Losses without a reference, as jobs name them."""

import pytest

from raylign.methods.losses.reference_free import CPO, ORPO, SimPO


@pytest.mark.parametrize(
    ("loss", "settings"),
    [
        (SimPO(), {"beta": 2.0, "gamma": 1.0, "label_smoothing": 0.0}),
        (CPO(), {"beta": 0.1, "likelihood_weight": 1.0, "label_smoothing": 0.0}),
        (ORPO(), {"beta": 0.1}),
    ],
)
def test_defaults_are_the_papers(loss, settings):
    assert loss.objective.settings == settings


@pytest.mark.parametrize("loss", [SimPO(), CPO(), ORPO()])
def test_no_reference_is_asked(loss):
    assert not loss.needs_reference
