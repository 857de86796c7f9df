"""Who gives rewards besides the driver."""

import pytest

from raylign.rewards.raters import Head


@pytest.mark.parametrize(
    ("settings", "actors"),
    [
        ({}, None),
        ({"replicas": 1}, 1),
        ({"gpus": 2}, 1),
        ({"replicas": 3, "gpus": 2}, 3),
        ({"dtype": "bfloat16"}, None),
    ],
)
def test_a_head_has_actors_of_its_own_where_it_asks_for_them(settings, actors):
    assert Head("m", **settings).actors == actors


def test_equal_heads_are_one():
    assert len({Head("m"), Head("m"), Head("m", tokens_per_batch=9)}) == 2
