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
