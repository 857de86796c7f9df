"""What a loss is told of a pair."""

import math
from dataclasses import replace

import pytest
from fakes import make_prompt

from raylign.methods.losses.margins import MODPO, MinorDPO
from raylign.types import Group


def pair(metadata):
    return Group(prompt=replace(make_prompt(), metadata=metadata), samples=())


@pytest.mark.parametrize(
    ("metadata", "margin"),
    [({"margin": -2}, -2.0), ({"margin": 0.5}, 0.5), ({}, None), ({"margin": True}, None), ({"margin": "1"}, None)],
)
def test_a_row_s_margin_is_a_number(metadata, margin):
    assert MODPO().constant(pair(metadata)) == margin


@pytest.mark.parametrize("margin", [math.inf, math.nan, 1e300])
def test_a_margin_beyond_all_bounds_is_none(margin):
    assert MODPO().constant(pair({"margin": margin})) is None


def test_other_losses_read_no_row():
    assert MinorDPO().constant(pair({"margin": 3.0})) == 1.0
