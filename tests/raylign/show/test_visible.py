import unicodedata

import pytest
from event_stream import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from raylign.show.visible import visible


@given(st.text())
def test_nothing_that_steers_is_left(text):
    allowed = {"\u200d"}
    assert not [c for c in visible(text) if unicodedata.category(c)[0] == "C" and c not in allowed and _assigned(c)]


def _assigned(char: str) -> bool:
    return unicodedata.category(char) not in ("Cn", "Co")


def test_escape_becomes_a_picture():
    assert visible("\x1b[2J") == "␛[2J"
    assert "\x1b" not in visible(HOSTILE)


@pytest.mark.parametrize(("lines", "expected"), [(False, "a b c"), (True, "a\n\tb  c")], ids=["one line", "lines kept"])
def test_white_space(lines, expected):
    assert visible("a\n\tb  c", lines=lines) == expected


def test_limit_counts_the_ellipsis():
    assert visible("abcdef", limit=4) == "abc…"
    assert visible("abcd", limit=4) == "abcd"
