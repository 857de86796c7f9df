"""Where a text ends that spells a stop string."""

import pytest

from actors.sampling.stops import cut, spelled


@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [
        ("four.\nQ: next", ("\nQ:",), "four."),
        ("four", ("\nQ:",), "four"),
        ("a END b STOP", ("STOP", "END"), "a "),
        ("abcd", ("bcd", "bc"), "a"),  # both begin there; the shorter was complete first
        ("xaby", ("b", "ab"), "x"),
        ("STOP", ("STOP",), ""),
        ("four", (), "four"),
    ],
)
def test_it_ends_before_the_first_that_is_complete(text: str, stop: tuple[str, ...], left: str) -> None:
    assert cut(text, stop) == left
    assert spelled(text, stop) == (left != text)


@pytest.mark.parametrize(("after", "left"), [(0, "a"), (3, "a"), (4, "aENDb"), (8, "aENDbENDc"), (7, "aENDb")])
def test_what_was_complete_while_it_could_not_end_does_not_end_it(after: int, left: str) -> None:
    text = "aENDbENDc"
    assert cut(text, ("END",), after=after) == left
    assert spelled(text, ("END",), after=after) == (left != text)
