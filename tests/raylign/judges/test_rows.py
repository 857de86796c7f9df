from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.judges.rows import read_row

TURNS = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Ho"},
    {"role": "user", "content": "And?"},
]


def test_a_prompt_is_a_text_or_turns_and_may_be_left_out() -> None:
    plain = read_row({"prompt": "Hi", "response": "a"}, "row 1", task="chat").prompt
    assert (plain.task, plain.question, plain.messages) == ("chat", "Hi", ({"role": "user", "content": "Hi"},))
    turned = read_row({"messages": TURNS, "response": "a"}, "row 1").prompt
    assert (turned.question, turned.messages) == ("And?", tuple(TURNS))
    none = read_row({"response": "a"}, "row 1").prompt
    assert (none.question, none.messages) == ("", ())


def test_a_baseline_is_what_the_response_may_be_held_against() -> None:
    assert read_row({"response": "a", "baseline": "b"}, "row 1").prompt.baseline == "b"
    assert read_row({"response": "a"}, "row 1").prompt.baseline is None
    with pytest.raises(SpecError, match="row 1: `baseline` must be a text, it is int"):
        read_row({"response": "a", "baseline": 3}, "row 1")


@pytest.mark.parametrize(("gold", "known"), [(True, True), (False, False), (None, None), ("yes", None), (1, None)])
def test_a_label_is_true_or_false(gold: Any, known: bool | None) -> None:
    assert read_row({"response": "a", "gold": gold}, "row 1").gold is known


@pytest.mark.parametrize("row", [{}, {"response": None}, {"response": "a", "metadata": [1]}])
def test_a_row_of_another_shape_is_named(row: dict[str, Any]) -> None:
    assert read_row({"response": "fine"}, "row 1").response == "fine"
    with pytest.raises(SpecError, match="row 2"):
        read_row(row, "row 2")
