from typing import Any

import pytest
from instruction_cases import CASE, CASES, LANGUAGE, ask, tells_apart

from raylign.judges.rules.instructions.detector import known
from raylign.judges.rules.instructions.language import COMMON
from raylign.verdicts import abstained


@pytest.mark.parametrize(CASE, CASES["language"])
def test_each_kind_tells_followed_from_not(name: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    tells_apart(name, arguments, good, bad)


@pytest.mark.parametrize("text", ["42", "...", "\ud800", "```\n1 + 1\n```"])
def test_what_is_in_no_language_is_in_none_that_is_asked(text: str) -> None:
    assert [ask(text, (LANGUAGE, {"language": code})).satisfied for code in ("en", "de", "hi")] == [False] * 3


@pytest.mark.parametrize("language", ["tlh", "", "English"])
def test_a_language_that_nobody_knows_abstains(language: str) -> None:
    assert ask("Hello.", (LANGUAGE, {"language": language})) == abstained(f"unknown language {language!r}")


def test_the_common_languages_are_known() -> None:
    assert known() >= COMMON
