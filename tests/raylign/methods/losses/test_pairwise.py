"""Losses of the log-ratios' difference, as jobs name them."""

import pytest

from raylign.methods.losses.pairwise import DPO, IPO, DiscoPOP, NormalizedDPO, NormalizedIPO, SLiC


@pytest.mark.parametrize(
    ("loss", "settings"),
    [
        (DPO(), {"beta": 0.1, "label_smoothing": 0.0}),
        (NormalizedDPO(), {"beta": 5.0, "label_smoothing": 0.0}),
        (IPO(), {"beta": 1.0}),
        (NormalizedIPO(), {"beta": 0.1}),
        (SLiC(), {"beta": 0.002}),
        (DiscoPOP(), {"beta": 0.05, "tau": 0.05}),
    ],
)
def test_defaults_are_the_papers(loss, settings):
    assert loss.objective.settings == settings
