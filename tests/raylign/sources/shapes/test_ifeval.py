"""IFEval's rows."""

from collections.abc import Mapping
from typing import Any

import pytest
from shape_cases import check_known, check_refused


@pytest.mark.parametrize(
    ("name", "row", "means"),
    [
        ("IFEval", {"prompt": "hi", "instruction_id_list": ["a:b"], "kwargs": [{"n": 1, "m": None}]},
         {"prompt": "hi", "metadata": {"if_requirements": [{"id": "a:b", "kwargs": {"n": 1}}]}}),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_columns(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    check_known(name, row, means)


@pytest.mark.parametrize(
    ("first", "row", "says"),
    [
        ({"prompt": "a", "instruction_id_list": [], "kwargs": []},
         {"prompt": "a", "instruction_id_list": ["x"], "kwargs": []}, "must be lists of the same length"),
    ],
)  # fmt: skip
def test_a_row_that_is_of_another_shape_is_told(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    check_refused(first, row, says)
