"""Conversations with their answer."""

from collections.abc import Mapping
from typing import Any

import pytest
from shape_cases import NO, OTHER, USER, YES, check_known, check_refused


@pytest.mark.parametrize(
    ("name", "row", "means"),
    [
        ("TRL prompt-completion", {"prompt": "hi", "completion": "yes"}, {"prompt": "hi", "baseline": "yes"}),
        ("TRL prompt-completion", {"prompt": [USER], "completion": [YES]}, {"messages": [USER], "baseline": "yes"}),
        ("OpenAI chat", {"messages": [USER, NO, OTHER, YES]}, {"messages": [USER, NO, OTHER], "baseline": "yes"}),
        ("OpenAI chat", {"messages": [{"role": "developer", "content": "s"}, USER, {**YES, "weight": 1}]},
         {"messages": [{"role": "system", "content": "s"}, USER], "baseline": "yes"}),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_columns(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    check_known(name, row, means)


@pytest.mark.parametrize(
    ("first", "row", "says"),
    [
        ({"messages": [USER, YES]}, {"messages": [YES]}, "has an answer and no question"),
        ({"messages": [USER, YES]}, {"messages": [{"role": "assistant", "tool_calls": [1]}]}, "a turn is"),
    ],
)  # fmt: skip
def test_a_row_that_is_of_another_shape_is_told(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    check_refused(first, row, says)
