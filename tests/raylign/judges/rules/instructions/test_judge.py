import json
from pathlib import Path
from typing import Any

import pytest
from instruction_cases import ask

from raylign.judges.rules.instructions.judge import InstructionsJudge, follow
from raylign.judges.rules.instructions.registry import kinds
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling


def test_one_broken_instruction_violates() -> None:
    assert ask("go, now", ("punctuation:no_comma", {}), ("keywords:existence", {"keywords": ["go"]})).satisfied is False


def test_an_empty_response_follows_nothing() -> None:
    assert ask(" \n", ("punctuation:no_comma", {})).satisfied is False


def test_loose_mode_forgives_an_opening_line_and_asterisks() -> None:
    response = 'Sure, here it is:\n*"All of it"*'
    wanted = [("punctuation:no_comma", {}), ("startend:quotation", {})]
    assert ask(response, *wanted).satisfied is False
    assert ask(response, *wanted, strict=False).satisfied is True


def test_ifevals_own_metadata_are_read() -> None:
    metadata = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"num_words": None}]}
    assert follow(metadata, "a, b") == [("punctuation:no_comma", False)]


def test_arguments_of_other_kinds_are_dropped() -> None:
    assert ask("go", ("keywords:existence", {"keywords": ["go"], "num_words": 3, "relation": None})).satisfied is True


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({}, "no if_requirements in metadata"),
        ({"if_requirements": []}, "malformed if_requirements in metadata"),
        ({"if_requirements": "punctuation:no_comma"}, "malformed if_requirements in metadata"),
        ({"if_requirements": [{"kwargs": {}}]}, "malformed if_requirements in metadata"),
        ({"if_requirements": [{"id": "a", "kwargs": 3}]}, "malformed if_requirements in metadata"),
        ({"if_requirements": [{"id": "language:klingon"}]}, "unknown instruction 'language:klingon'"),
        ({"if_requirements": [{"id": "keywords:existence"}]}, "malformed arguments of keywords:existence"),
        (
            {"if_requirements": [{"id": "keywords:existence", "kwargs": {"keywords": "cat"}}]},
            "malformed arguments of keywords:existence",
        ),
        ({"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}, "malformed instruction_id_list in metadata"),
    ],
)
def test_unusable_metadata_abstain(metadata: dict[str, Any], reason: str) -> None:
    assert InstructionsJudge().rule(Case(response="text", metadata=metadata)) == Ruling(None, reason)


@pytest.mark.reference_data
@pytest.mark.parametrize("strict", [True, False])
def test_agrees_with_the_official_checker(reference_data: Path, strict: bool) -> None:
    """On every instruction of a known kind. The one exception: the official language model doubts a one-word answer."""
    rows = [
        json.loads(line) for line in (reference_data / "ifeval" / "gpt4_half.jsonl").read_text().strip().split("\n")
    ]
    asked, wrong = 0, []
    for row in rows:
        if row["caveats"]:
            continue
        gold = row["gold_each" if strict else "gold_loose_each"]
        names, arguments = row["metadata"]["instruction_id_list"], row["metadata"]["kwargs"]
        for name, given, expected in zip(names, arguments, gold, strict=True):
            if name not in kinds():
                assert name == "language:response_language"
                continue
            asked += 1
            wanted = {"if_requirements": [{"id": name, "kwargs": given}]}
            if follow(wanted, row["response"], strict=strict) != [(name, expected)]:
                wrong.append((name, row["response"]))
    assert asked > 350
    assert wrong == [("change_case:english_lowercase", "etchings")]
