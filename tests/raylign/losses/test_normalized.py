"""Losses of log-ratios by length, by paper and pencil."""

import math

import pytest
from loss_terms import make_terms

from raylign.losses.normalized import NormalizedDPO, NormalizedIPO, normalized_margin

# Log-ratios 3 of 2 tokens and -2 of one (the other is padding): h_bar = 1.5 + 2.
PAIR = make_terms(
    [[[-1.0, -1.0], [-4.0, 0.0]]],
    reference=[[[-2.0, -3.0], [-2.0, 0.0]]],
    mask=[[[1.0, 1.0], [1.0, 0.0]]],
)


def test_log_ratios_are_divided_by_their_own_length():
    assert normalized_margin(PAIR).tolist() == [3.5]


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (NormalizedDPO(beta=2.0), math.log1p(math.exp(-7.0))),
        (NormalizedDPO(beta=2.0, label_smoothing=0.1), math.log1p(math.exp(-7.0)) + 0.7),
        (NormalizedIPO(beta=0.2), 1.0),
    ],
)
def test_losses_of_it(loss, value):
    found = loss(PAIR)
    assert found.per_unit_U.tolist() == pytest.approx([value])
    assert float(found.metrics["margin"].total) == 3.5
