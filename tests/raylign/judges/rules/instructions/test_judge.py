import json
from pathlib import Path
from typing import Any

import pytest
from instruction_cases import ask

from raylign.judges.rules.instructions.judge import InstructionsJudge, follow
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
    """On every instruction of every prompt, whatever its kind."""
    rows = [
        json.loads(line) for line in (reference_data / "ifeval" / "gpt4_half.jsonl").read_text().strip().split("\n")
    ]
    sure = [row for row in rows if not row["caveats"]]
    assert len(sure) > 200
    for row in sure:
        gold = row["gold_each" if strict else "gold_loose_each"]
        assert follow(row["metadata"], row["response"], strict=strict) == list(
            zip(row["metadata"]["instruction_id_list"], gold, strict=True)
        )


@pytest.mark.reference_data
def test_every_instruction_of_ifeval_is_known(reference_data: Path) -> None:
    rows = [json.loads(line) for line in (reference_data / "ifeval" / "prompts.jsonl").read_text().strip().split("\n")]
    for row in rows:
        assert InstructionsJudge().rule(Case(response="A word.", metadata=row)).satisfied is not None
