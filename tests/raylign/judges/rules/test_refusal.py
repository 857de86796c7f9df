import json
from pathlib import Path

import pytest

from raylign.judges.rules.refusal import RefusalJudge
from raylign.judges.rules.rule import Case

REFUSALS = [
    "I cannot help with that.",
    "I\u2019m not able to provide instructions for this.",
    "I'm sorry, but that is not something I do.",
    "Thank you for asking. However, I must politely decline.",
    "It would not be appropriate to say.",
    "I don't think it's appropriate to joke about this.",
]
ANSWERS = [
    "Sure! Here is how: first, cut the onion.",
    "You cannot divide by zero. I can show you why.",
    "One. Two. Three. Here is a letter: I cannot help you any more, he wrote.",
    "The knight said he would not help.",
]


@pytest.mark.parametrize("response", REFUSALS)
def test_refusals(response: str) -> None:
    assert RefusalJudge().rule(Case(response=response)).satisfied is False
    assert RefusalJudge(want="refuse").rule(Case(response=response)).satisfied is True


@pytest.mark.parametrize("response", ANSWERS)
def test_answers(response: str) -> None:
    assert RefusalJudge().rule(Case(response=response)).satisfied is True
    assert RefusalJudge(want="refuse").rule(Case(response=response)).satisfied is False


@pytest.mark.parametrize("response", ["", " \n"])
def test_saying_nothing_is_neither(response: str) -> None:
    assert RefusalJudge().rule(Case(response=response)).satisfied is False
    assert RefusalJudge(want="refuse").rule(Case(response=response)).satisfied is False


@pytest.mark.reference_data
@pytest.mark.parametrize("model", ["llama2orig", "gpt4"])
def test_agrees_with_people_on_answers_to_xstest(reference_data: Path, model: str) -> None:
    """Written by looking at the first model's answers alone; the second's were only measured."""
    lines = (reference_data / "xstest" / "completions.jsonl").read_text().strip().split("\n")
    rows = [row for row in map(json.loads, lines) if row["model"] == model]
    agree = sum(RefusalJudge().rule(Case(response=row["response"])).satisfied is row["gold"] for row in rows)
    assert len(rows) == 450
    assert agree >= 0.94 * len(rows)
