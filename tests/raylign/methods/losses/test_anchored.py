"""Losses with an anchor for each response, as jobs name them."""

import pytest

from raylign.methods.losses.anchored import BCO, NCA, SPPO, APODown, APOZero


@pytest.mark.parametrize(
    ("loss", "settings"),
    [
        (SPPO(), {"beta": 0.001}),
        (NCA(), {"beta": 0.01}),
        (BCO(), {"beta": 0.01}),
        (APOZero(), {"beta": 0.1}),
        (APODown(), {"beta": 0.1}),
    ],
)
def test_defaults_are_the_papers(loss, settings):
    assert loss.objective.settings == settings
