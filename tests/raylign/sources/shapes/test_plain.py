"""raylign's own rows, and TRL's prompt-only ones."""

from collections.abc import Mapping
from typing import Any

import pytest
from shape_cases import PARTS, USER, check_known, check_refused


@pytest.mark.parametrize(
    ("name", "row", "means"),
    [
        ("prompts", {"prompt": "hi"}, {"prompt": "hi"}),
        ("prompts", {"prompt": [USER]}, {"messages": [USER]}),
        ("prompts", {"messages": '[{"role": "user", "content": "hi"}]'}, {"messages": [USER]}),
        ("prompts", {"prompt": "hi", "metadata": '{"a": 1}'}, {"prompt": "hi", "metadata": {"a": 1}}),
        ("prompts", {"messages": [PARTS]}, {"messages": [USER]}),
        ("prompts", {"messages": USER["content"]}, {"messages": [USER]}),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_columns(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    check_known(name, row, means)


@pytest.mark.parametrize(
    ("first", "row", "says"),
    [
        ({"messages": [USER]}, {"messages": [None]}, "a turn is"),
        ({"messages": [USER]}, {"messages": "[1"}, "`messages` is not JSON"),
        ({"messages": [USER]}, {"messages": " "}, "`messages` must be a list of turns that is not empty"),
    ],
)  # fmt: skip
def test_a_row_that_is_of_another_shape_is_told(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    check_refused(first, row, says)
