from typing import Any

import pytest
from instruction_cases import CASE, CASES, ask, tells_apart

from raylign.verdicts import SATISFIED, abstained


@pytest.mark.parametrize(CASE, CASES["keywords"])
def test_each_kind_tells_followed_from_not(name: str, arguments: dict[str, Any], good: str, bad: str) -> None:
    tells_apart(name, arguments, good, bad)


def test_a_keyword_that_is_no_expression_is_taken_as_it_is_written() -> None:
    assert ask("a (b", ("keywords:existence", {"keywords": ["(b"]})) == SATISFIED


def test_letters_come_one_at_a_time() -> None:
    arguments = {"letter": "ab", "let_frequency": 1, "let_relation": "at least"}
    assert ask("ab", ("keywords:letter_frequency", arguments)) == abstained(
        "malformed arguments of keywords:letter_frequency"
    )
