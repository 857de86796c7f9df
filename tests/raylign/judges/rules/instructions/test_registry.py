import pytest
from instruction_cases import CASES

from raylign.judges.rules.instructions.registry import RequirementError, bind, compare, kinds


def test_every_kind_is_tested() -> None:
    assert {name for cases in CASES.values() for name, *_ in cases} == set(kinds())
    assert len(kinds()) >= 25


def test_arguments_of_other_kinds_are_dropped() -> None:
    assert bind("punctuation:no_comma", {"num_words": None})("one, two") is False


def test_an_unknown_kind_is_no_requirement() -> None:
    with pytest.raises(RequirementError, match="unknown instruction 'language:klingon'"):
        bind("language:klingon", {})


@pytest.mark.parametrize("arguments", [{}, {"keywords": "cat"}, {"keywords": [1]}])
def test_arguments_are_checked_when_the_text_is(arguments: dict[str, object]) -> None:
    check = bind("keywords:existence", arguments)
    with pytest.raises(RequirementError, match="malformed arguments of keywords:existence"):
        check("a cat")


def test_a_count_is_at_least_or_below() -> None:
    assert (compare(2, "at least", 2), compare(2, "less than", 2)) == (True, False)
