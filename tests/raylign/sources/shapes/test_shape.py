"""What several shapes need: text that is there, turns as chat templates take them, the answer at their end."""

from typing import Any

import pytest
from shape_cases import NO, OTHER, PARTS, USER, YES

from raylign.errors import SpecError
from raylign.sources.shapes.shape import answered, is_conversation, text, turns


def test_turns_are_cleaned_of_what_says_nothing() -> None:
    given: list[Any] = [{"role": "developer", "content": "s", "tool_calls": None}, {**PARTS, "name": "x"}]
    assert turns(given, "here", column="messages") == [{"role": "system", "content": "s"}, USER]


@pytest.mark.parametrize("turn", [None, 1, {}, {"role": "user"}, {**USER, "tool_calls": [1]}, {**USER, "role": ["a"]}])
def test_what_is_no_turn_is_refused(turn: Any) -> None:
    with pytest.raises(SpecError, match="here: a turn is"):
        turns([USER, turn], "here", column="messages")


def test_an_answer_is_what_comes_last() -> None:
    assert answered([USER, NO, OTHER, YES]) == ([USER, NO, OTHER], "yes")
    assert answered([USER]) == ([USER], None)
    assert is_conversation([USER])
    assert not any(map(is_conversation, (None, "a", [], ["a"], {"role": "user"})))


def test_text_that_is_not_there_is_named_by_its_column() -> None:
    assert text({"a": "b"}, "a", "here") == "b"
    for values in ({}, {"a": ""}, {"a": None}, {"a": 1}):
        with pytest.raises(SpecError, match="here: `a` must be text that is not empty"):
            text(values, "a", "here")
