"""Public files are known for what they are, whole."""

from pathlib import Path
from typing import Any

import pytest

from raylign.judges.rules.code import unit_tests
from raylign.judges.rules.instructions.judge import follow
from raylign.sources.rows import Rows
from raylign.spec.prompts import Prompts


def read(path: Path) -> tuple[str, list[dict[str, Any]]]:
    rows = Rows(Prompts(path=str(path)))
    found = [row for _, row in rows]
    assert rows.shape is not None
    return rows.shape.name, found


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("file", "name", "count"),
    [
        ("gsm8k/train.jsonl", "GSM8K", 7473),
        ("ifeval/prompts.jsonl", "IFEval", 541),
        ("humaneval/HumanEval.jsonl.gz", "HumanEval", 164),
        ("mbpp/sanitized-mbpp.json", "MBPP", 427),
        ("hh_rlhf/harmless_test.jsonl.gz", "hh-rlhf", 2312),
    ],
)
def test_public_files_are_known_whole(reference_data: Path, file: str, name: str, count: int) -> None:
    known, rows = read(reference_data / file)
    assert (known, len(rows)) == (name, count)
    metadata = [row.get("metadata", {}) for row in rows]
    match name:
        case "GSM8K":
            assert all(float(each["answer"]) == int(float(each["answer"])) for each in metadata)
        case "IFEval":
            known_ids = [each for each in metadata if "response_language" not in str(each["if_requirements"])]
            assert all(follow(each, "some response") for each in known_ids)
        case "HumanEval" | "MBPP":
            assert all(isinstance(unit_tests(each), list) for each in metadata)
        case "hh-rlhf":
            assert all(row["messages"][-1]["role"] == "user" and row["baseline"] is not None for row in rows)
