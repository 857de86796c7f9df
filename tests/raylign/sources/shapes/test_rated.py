"""Rated responses: known by their columns, refused where a reward is missing or none."""

import math

import pytest
from shape_cases import USER, check_known, check_refused

ROW = {"prompt": "hi", "responses": ["yes", "no"], "rewards": [1, -0.5]}
SAYS = {"responses": ["yes", "no"], "rewards": [1.0, -0.5]}


@pytest.mark.parametrize(
    ("row", "means"),
    [
        (ROW, {"prompt": "hi", "metadata": SAYS}),
        ({**ROW, "prompt": [USER]}, {"messages": [USER], "metadata": SAYS}),
        ({**SAYS, "messages": [USER]}, {"messages": [USER], "metadata": SAYS}),
    ],
)
def test_a_row_is_known_by_its_columns(row, means):
    check_known("rated responses", row, means)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"responses": "yes"}, "`responses` must be a list of two texts or more"),
        ({"responses": ["yes"]}, "`responses` must be a list of two texts or more"),
        ({"responses": ["yes", 1]}, "`responses` must be a list of two texts or more"),
        ({"rewards": [1.0]}, "`rewards` must be a list of finite numbers, one of each of the 2 responses"),
        ({"rewards": [1.0, math.nan]}, "`rewards` must be a list of finite numbers"),
        ({"rewards": [1.0, True]}, "`rewards` must be a list of finite numbers"),
        ({"rewards": [1.0, "2"]}, "`rewards` must be a list of finite numbers"),
        ({"prompt": ""}, "`prompt` must be text that is not empty"),
    ],
)
def test_a_row_of_another_shape_is_refused(changed, says):
    check_refused(ROW, {**ROW, **changed}, says)
