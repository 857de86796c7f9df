"""GSM8K's rows."""

from collections.abc import Mapping
from typing import Any

import pytest
from shape_cases import check_known, check_refused


@pytest.mark.parametrize(
    ("name", "row", "means"),
    [
        ("GSM8K", {"question": "hi", "answer": "so\n#### 1,234"},
         {"prompt": "hi", "baseline": "so\n#### 1,234", "metadata": {"answer": "1234"}}),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_columns(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    check_known(name, row, means)


@pytest.mark.parametrize(
    ("first", "row", "says"),
    [
        ({"question": "a", "answer": "#### 1"}, {"question": "a", "answer": "1"}, "`answer` must end in `#### N`"),
        ({"question": "a", "answer": "#### 1"}, {"question": "", "answer": "#### 1"}, "`question` must be text"),
    ],
)  # fmt: skip
def test_a_row_that_is_of_another_shape_is_told(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    check_refused(first, row, says)
