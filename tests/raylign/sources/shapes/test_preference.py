"""Preferences, as TRL has them and as hh-rlhf writes them."""

from collections.abc import Mapping
from typing import Any

import pytest
from shape_cases import DIALOGUE, NO, PREFERRED, USER, YES, check_known, check_refused


@pytest.mark.parametrize(
    ("name", "row", "means"),
    [
        ("TRL preference", {"prompt": "hi", "chosen": "yes", "rejected": "no"},
         {"prompt": "hi", "baseline": "yes", "metadata": {"rejected": "no"}}),
        ("TRL preference", {"prompt": [USER], "chosen": [YES], "rejected": [NO]}, PREFERRED),
        ("TRL preference", {"prompt": "hi", "chosen": [YES], "rejected": [NO]}, PREFERRED),
        ("TRL preference", {"prompt": [USER], "chosen": "yes", "rejected": "no"}, PREFERRED),
        ("TRL preference", {"messages": [USER], "chosen": "yes", "rejected": "no"}, PREFERRED),
        ("TRL preference", {"messages": [USER], "chosen": [YES], "rejected": [NO]}, PREFERRED),
        ("TRL preference", {"prompt": "hi", "chosen": [USER, YES], "rejected": [USER, NO]}, PREFERRED),
        ("TRL preference", {"chosen": [USER, YES], "rejected": [USER, NO]}, PREFERRED),
        (
            "OpenAI preference",
            {"input": {"messages": [USER], "tools": []}, "preferred_output": [YES], "non_preferred_output": [NO]},
            PREFERRED,
        ),
        ("hh-rlhf", {"chosen": f"{DIALOGUE}yes", "rejected": f"{DIALOGUE}no"}, PREFERRED),
        ("hh-rlhf", {"chosen": f"{DIALOGUE}y\n\nAssistant: es", "rejected": f"{DIALOGUE}no"},
         {**PREFERRED, "baseline": "y\n\nes"}),
    ],
)  # fmt: skip
def test_a_row_is_known_by_its_columns(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    check_known(name, row, means)


@pytest.mark.parametrize(
    ("first", "row", "says"),
    [
        ({"chosen": DIALOGUE, "rejected": ""}, {"chosen": "hi", "rejected": "x"}, "must hold turns of Human: and"),
        ({"chosen": DIALOGUE, "rejected": ""}, {"chosen": DIALOGUE + "x", "rejected": None}, "`rejected` must be text"),
        ({"chosen": [USER, YES], "rejected": []}, {"chosen": [YES], "rejected": [NO]}, "must be a conversation"),
        ({"chosen": [USER, YES], "rejected": []}, {"chosen": [USER], "rejected": [NO]}, "must be a conversation"),
        ({"messages": [USER], "chosen": "", "rejected": ""}, {"messages": "hi", "chosen": "a", "rejected": "b"},
         "`messages`"),
    ],
)  # fmt: skip
def test_a_row_that_is_of_another_shape_is_told(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    check_refused(first, row, says)
