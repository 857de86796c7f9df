from typing import Any

import pytest
from instruction_cases import CASE, CASES, tells_apart

from raylign.judges.rules.instructions.letters import is_english


@pytest.mark.parametrize(CASE, CASES["letters"])
def test_each_kind_tells_followed_from_not(name: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    tells_apart(name, arguments, good, bad)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("a few words", True),
        ("yes", True),
        ("etchings", False),
        ("the cat and the dog went out to see the sea", True),
        ("der Hund und die Katze gingen gestern zum Meer hinunter", False),
        ("\u043f\u0440\u0438\u0432\u0435\u0442", False),
    ],
)
def test_english_is_told_by_letters_and_common_words(text: str, english: bool) -> None:
    assert is_english(text) is english
