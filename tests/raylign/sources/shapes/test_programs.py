"""Programs with their tests."""

from collections.abc import Mapping
from typing import Any

import pytest
from shape_cases import check_known, check_refused


@pytest.mark.parametrize(
    ("name", "row", "means"),
    [
        ("HumanEval", {"prompt": "def f():\n", "test": "def check(f): f()", "entry_point": "f"},
         {"prompt": "def f():\n", "metadata": {"unit_tests": "def check(f): f()", "entry_point": "f"}}),
        ("MBPP", {"text": "hi", "code": "f = 1", "test_list": ["f"], "test_setup_code": ""},
         {"prompt": "hi", "metadata": {"unit_tests": ["f"]}, "baseline": "```python\nf = 1\n```"}),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_columns(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    check_known(name, row, means)


@pytest.mark.parametrize(
    ("first", "row", "says"),
    [
        ({"prompt": "a", "code": "b", "test_list": ["c"]}, {"prompt": "a", "code": "b"}, "`test_list` must be a list"),
    ],
)  # fmt: skip
def test_a_row_that_is_of_another_shape_is_told(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    check_refused(first, row, says)
