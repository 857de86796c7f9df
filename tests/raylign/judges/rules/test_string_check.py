from typing import Any

import pytest
from pydantic import ValidationError

from raylign.judges.rules.rule import Case
from raylign.judges.rules.string_check import StringCheckJudge


@pytest.mark.parametrize(
    ("operation", "response", "satisfied"),
    [
        ("eq", "Paris", True),
        ("eq", "paris", False),
        ("eq", "Paris\n", False),
        ("ne", "paris", True),
        ("ne", "Paris", False),
        ("like", "It is Paris.", True),
        ("like", "It is paris.", False),
        ("ilike", "IT IS PARIS.", True),
        ("ilike", "It is Rome.", False),
    ],
)
def test_operations(operation: Any, response: str, satisfied: bool) -> None:
    fixed = StringCheckJudge(operation=operation, reference="Paris")
    keyed = StringCheckJudge(operation=operation, key="city")
    assert fixed.rule(Case(response=response)).satisfied is satisfied
    assert keyed.rule(Case(response=response, metadata={"city": "Paris"})).satisfied is satisfied


def test_a_reference_of_white_space_alone_is_refused_where_that_is_left_out() -> None:
    with pytest.raises(ValidationError, match="nothing is left of it"):
        StringCheckJudge(operation="like", reference=" \n", strip=True)
    assert StringCheckJudge(operation="like", reference="\n").rule(Case(response="a")).satisfied is False
    said_something = StringCheckJudge(operation="ne", reference=" ", strip=True)
    assert [said_something.rule(Case(response=text)).satisfied for text in ("a", "\n")] == [True, False]


def test_white_space_around_both_may_be_left_out() -> None:
    judge = StringCheckJudge(strip=True)
    assert judge.rule(Case(response=" 4\n", metadata={"answer": "4 "})).satisfied is True
    assert judge.rule(Case(response="4 4", metadata={"answer": 4})).satisfied is False


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({}, "no answer in metadata"),
        ({"answer": None}, "no answer in metadata"),
        ({"answer": ""}, "malformed answer in metadata"),
        ({"answer": True}, "malformed answer in metadata"),
        ({"answer": ["a"]}, "malformed answer in metadata"),
    ],
)
@pytest.mark.parametrize("operation", ["eq", "ne", "like", "ilike"])
def test_without_a_reference_it_abstains(operation: Any, metadata: dict[str, Any], reason: str) -> None:
    ruling = StringCheckJudge(operation=operation).rule(Case(response="", metadata=metadata))
    assert (ruling.satisfied, ruling.reason) == (None, reason)


def test_it_says_what_it_needs() -> None:
    assert StringCheckJudge().needs == "answer"
    assert StringCheckJudge(key="city").needs == "city"
    assert StringCheckJudge(reference="a").needs is None


@pytest.mark.parametrize("wrong", [{"reference": "a", "key": "city"}, {"reference": ""}, {"operation": "is"}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StringCheckJudge(**wrong)
