import json
from pathlib import Path
from typing import Any

import pytest
from depths import deep

from raylign.judges.rules.equivalence import equivalent
from raylign.judges.rules.math import MathJudge, last_sentence
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling


def ask(response: str, answer: Any = "42", **spec: Any) -> Ruling:
    return MathJudge(**spec).rule(Case(response=response, metadata={"answer": answer}))


@pytest.mark.parametrize(
    "response",
    [
        "The answer is 42.",
        "So 6 * 7 = 42. The answer is 42.",
        "Let me see.\n#### 42",
        "Answer: $42",
        "the ANSWER IS: **42**",
        "Therefore\n\\[\n\\boxed{42}\n\\]",
        "The answer is \\boxed{42}.",
        "The answer is 42 apples.",
        "The answer is 42.0",
        "Answer: 6 * 7 = 42",
        "The answer is 42.\n\n",
    ],
)
def test_right_answer_in_the_asked_format_satisfies(response: str) -> None:
    assert ask(response).satisfied is True


@pytest.mark.parametrize(
    "response",
    ["42", "It is 42.", "The answer is 42. I hope that helps!", "", "The answer is", "The answer is .", "\\boxed{}"],
)
def test_right_answer_in_another_format_is_violated(response: str) -> None:
    assert ask(response).satisfied is False


@pytest.mark.parametrize(
    "answer",
    [
        "43",
        "42.0000001",
        "4 2",
        "42 or 43",
        "41 or 42",
        "$41$ $42$",
        "it is 41, no, 42",
        "41, 42, 43",
        "1 2 42",
        "{41, 42}",
        "$41$ or $42$",
        "\\pm 42",
        "42x",
        "-42",
    ],
)
def test_wrong_or_hedged_answer_is_violated(answer: str) -> None:
    assert ask(f"The answer is {answer}.").satisfied is False


def test_the_last_match_of_the_format_counts() -> None:
    assert ask("A: 41 A: 42", format=r"A:\s*(\S+)").satisfied is True
    assert ask("A: 42 A: 41", format=r"A:\s*(\S+)").satisfied is False


@pytest.mark.parametrize("metadata", [{}, {"answer": None}, {"answer": ""}, {"answer": ["42"]}, {"answer": True}])
def test_abstains_without_a_usable_gold_answer(metadata: dict[str, Any]) -> None:
    ruling = MathJudge().rule(Case(response="The answer is 42.", metadata=metadata))
    assert ruling.satisfied is None
    assert "metadata" in ruling.reason


@pytest.mark.parametrize("gold", [42, 42.0, "42", "$42$", "42,000", "-1.5"])
def test_gold_answers_of_any_kind(gold: Any) -> None:
    assert ask(f"The answer is {gold}.", gold).satisfied is True


def test_a_format_without_a_group_is_refused() -> None:
    with pytest.raises(ValueError, match="has no group"):
        MathJudge(format="A:")


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("12+34", "46"),
        ("\\boxed{12+34}", "46"),
        ("$12+34$", "46"),
        ("92/2", "46"),
        ("\\frac{92}{2}", "46"),
        ("46*1", "46"),
        ("46^1", "46"),
        ("\\sqrt{2116}", "46"),
        ("4.6e1", "46"),
        ("4.6 \\times 10^1", "46"),
        ("5!", "120"),
        ("6 = 5", "5"),
        ("5 = 6", "5"),
        ("5 = 6 = 5", "5"),
        ("12 + 34 = 47 = 46", "46"),
        ("46 or 47", "46"),
        ("\\boxed{46} \\boxed{47}", "46"),
        ("$46$ 47", "46"),
        ("forty-six or 46", "46"),
        ("\u0664\u0666", "46"),
        ("four six", "46"),
        ("> 45", "46"),
        ("46 squared", "46"),
        ("46 dozen", "46"),
        ("10/4", "5/2"),
        ("\\binom{4}{2}", "6"),
        ("\\log 1", "0"),
        ("10 + 2, 4", "12, 4"),
    ],
)
def test_a_question_handed_back_is_no_answer(answer: str, gold: str) -> None:
    assert ask(f"The answer is {answer}.", gold).satisfied is False


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("46", "46"),
        ("x = 46", "46"),
        ("12 + 34 = 46", "46"),
        ("\\boxed{46}", "46"),
        ("$46", "46"),
        ("46 %", "46"),
        ("46 square meters", "46"),
        ("1,046", "1046"),
        ("-46", "-46"),
        ("46.00", "46"),
        ("5/2", "5/2"),
        ("\\frac{5}{2}", "5/2"),
        ("2.5", "5/2"),
        ("2 million", "2000000"),
        ("3\\sqrt{2}", "3\\sqrt{2}"),
        ("x^2 + 1", "1 + x^2"),
    ],
)
def test_a_written_out_answer_satisfies(answer: str, gold: str) -> None:
    assert ask(f"The answer is {answer}.", gold).satisfied is True


def test_last_sentence() -> None:
    assert last_sentence("One. Two! 3.5 is three") == "3.5 is three"
    assert last_sentence("One\nTwo\n\n") == "Two"
    assert last_sentence("One. The final answer is 2. I hope it is correct.") == "The final answer is 2."
    assert last_sentence(r"One! It is $32,\! 349$") == r"It is $32,\! 349$"
    assert last_sentence(" \n ") == ""


@pytest.mark.reference_data
def test_agrees_with_every_label_of_gsm8k(reference_data: Path) -> None:
    spec = MathJudge(format=r"A:\s*(.+)")
    rows = [json.loads(line) for line in (reference_data / "gsm8k" / "solutions.jsonl").read_text().strip().split("\n")]
    wrong = [
        row
        for row in rows
        if spec.rule(Case(response=row["response"], metadata=row["metadata"])).satisfied != row["gold"]
    ]
    assert len(rows) == 2640
    assert wrong == []


@pytest.mark.reference_data
@deep("every", short=4, whole=1)
@pytest.mark.parametrize(("whole", "recall"), [(True, 0.9), (False, 0.88)])
def test_accepts_no_wrong_pair(reference_data: Path, whole: bool, recall: float, every: int) -> None:
    """By the judge with an open format, and by equivalence alone."""
    spec = MathJudge(format=r"(?s)(.+)")

    def accepts(row: dict[str, Any]) -> bool | None:
        if whole:
            return spec.rule(Case(response=row["response"], metadata=row["metadata"])).satisfied
        return equivalent(row["response"], row["metadata"]["answer"])

    rows = [
        json.loads(line)
        for line in (reference_data / "math_equiv" / "pairs_half.jsonl").read_text().strip().split("\n")[::every]
    ]
    assert [row for row in rows if accepts(row) and not row["gold"]] == []
    equal = [row for row in rows if row["gold"]]
    assert sum(accepts(row) is True for row in equal) >= recall * len(equal)
