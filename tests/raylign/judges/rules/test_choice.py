from typing import Any

import pytest
from pydantic import ValidationError

from raylign.judges.rules.choice import ChoiceJudge
from raylign.judges.rules.rule import Case
from raylign.verdicts import violated


def rule(response: str, judge: ChoiceJudge | None = None, answer: Any = "B") -> bool | None:
    return (judge or ChoiceJudge()).rule(Case(response=response, metadata={"answer": answer})).satisfied


@pytest.mark.parametrize(
    "response",
    [
        "B",
        "(B)",
        "b.",
        "**B**",
        "Answer: B",
        "The answer is (B).",
        "So, the answer is: **B**",
        "The correct answer is option B",
        r"$\boxed{B}$",
        r"\boxed{\text{B}}",
        "Final Answer: __B__",
        "It could be A.\nBut C is wrong.\n\nAnswer: B\n\n",
    ],
)
def test_the_last_line_holds_the_letter(response: str) -> None:
    assert rule(response) is True


@pytest.mark.parametrize(
    "response",
    [
        "",
        "\n",
        "A",
        "E",
        "Bees",
        "A or B",
        "A, B",
        "I B",
        "B\nor not",
        "Answer: B because A is wrong",
        "Answer: B\nAnswer: A",
        "ABCD",
        "The answer is not B",
        "*" * 100_000,
    ],
)
def test_anything_else_is_violated(response: str) -> None:
    assert rule(response) is False


def test_a_format_of_ones_own() -> None:
    judge = ChoiceJudge(format=r"answer: ([A-Z])", letters="ABCDE")
    assert rule("Answer: E, I think", judge, answer="E") is True
    assert judge.rule(Case(response="answer: A, answer: B", metadata={"answer": "B"})) == violated(
        "more than one choice"
    )
    assert rule("answer: B, answer: B", judge) is True
    assert rule("answer:", judge) is False


@pytest.mark.parametrize(("answer", "satisfied"), [("b", True), ("(B)", True), (1, True), (0, False)])
def test_gold_is_a_letter_or_a_place(answer: Any, satisfied: bool) -> None:
    assert rule("B", answer=answer) is satisfied


@pytest.mark.parametrize("answer", [None, True, 4, -1, "E", "", 1.0, ["B"]])
def test_without_a_right_letter_it_abstains(answer: Any) -> None:
    assert rule("B", answer=answer) is None


@pytest.mark.parametrize("wrong", [{"letters": "abc"}, {"letters": "A"}, {"format": "no group"}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChoiceJudge(**wrong)
