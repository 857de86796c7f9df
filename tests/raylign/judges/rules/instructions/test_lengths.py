from typing import Any

import pytest
from instruction_cases import CASE, CASES, ask, tells_apart


@pytest.mark.parametrize(CASE, CASES["lengths"])
def test_each_kind_tells_followed_from_not(name: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    tells_apart(name, arguments, good, bad)


@pytest.mark.parametrize(("nth", "followed"), [(0, False), (1, True), (2, False), (3, False)])
def test_the_nth_paragraph_is_one_of_those_there_are(nth: int, followed: bool) -> None:
    arguments = {"num_paragraphs": 2, "nth_paragraph": nth, "first_word": "go"}
    assert ask("Go on\n\nStop", ("length_constraints:nth_paragraph_first_word", arguments)).satisfied is followed


def test_an_empty_paragraph_in_the_middle_is_not_counted_away() -> None:
    asked = ("length_constraints:number_paragraphs", {"num_paragraphs": 2})
    assert ask("***one***two***", asked).satisfied is True
    assert ask("one*** ***two", asked).satisfied is False
