import gzip
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from depths import deep

from raylign.judges.rules.code import CodeJudge, unit_tests
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling

DOUBLE = "```python\ndef double(x):\n    return 2 * x\n```"
TESTS = ["assert double(2) == 4", "assert double('a') == 'aa'"]


def ask(response: str, **metadata: Any) -> Ruling:
    return CodeJudge(timeout_s=2.0).rule(Case(response=response, metadata=metadata or {"unit_tests": TESTS}))


@pytest.mark.parametrize("response", [DOUBLE, f"Here it is:\n\n{DOUBLE}\n\nDone.", DOUBLE.replace("python", "")])
def test_a_program_that_passes_satisfies(response: str) -> None:
    assert ask(response) == Ruling(True)


def test_a_program_that_fails_is_violated() -> None:
    assert ask("```\ndef double(x):\n    return 4\n```") == Ruling(False, "test 2: AssertionError")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("def double(x): return 2 * x", "no code block"),
        ("", "no code block"),
        (DOUBLE.removesuffix("```"), "no code block"),
        (f"{DOUBLE}\n{DOUBLE}", "more than one code block"),
        ("```java\nint x;\n```", "code block is not Python"),
    ],
)
def test_another_format_is_violated(response: str, reason: str) -> None:
    assert ask(response) == Ruling(False, reason)


def test_a_program_that_runs_too_long_is_wrong() -> None:
    case = Case(response="```\nwhile True: pass\n```", metadata={"unit_tests": TESTS})
    assert CodeJudge(timeout_s=0.5).rule(case) == Ruling(False, "out of time")


def test_tests_as_one_text_and_an_entry_point() -> None:
    text = "def check(candidate):\n    assert candidate(3) == 6\n"
    assert ask(DOUBLE, unit_tests=text, entry_point="double") == Ruling(True)
    assert ask(DOUBLE.replace("2 *", "3 *"), unit_tests=text, entry_point="double").satisfied is False


@pytest.mark.parametrize(
    "metadata",
    [
        {"answer": "4"},
        {"unit_tests": []},
        {"unit_tests": [""]},
        {"unit_tests": [4]},
        {"unit_tests": {"a": 1}},
        {"unit_tests": "assert ("},
        {"unit_tests": "assert True\x00"},
        {"unit_tests": "pass", "entry_point": "a b"},
        {"unit_tests": "pass", "entry_point": 3},
    ],
)
def test_unusable_metadata_abstain(metadata: dict[str, Any]) -> None:
    ruling = ask(DOUBLE, **metadata)
    assert ruling.satisfied is None
    assert ruling.reason.endswith("in metadata")
    assert isinstance(unit_tests(metadata), str)


def all_rulings(cases: list[Case]) -> set[bool | None]:
    with ThreadPoolExecutor(2) as threads:
        return {ruling.satisfied for ruling in threads.map(CodeJudge(timeout_s=60).rule, cases)}


def case(program: str, **metadata: Any) -> Case:
    return Case(response=f"My answer:\n```python\n{program}\n```\n", metadata=metadata)


@pytest.mark.reference_data
@deep("count", short=12, whole=120)
def test_humaneval_solutions_pass_and_empty_bodies_fail(reference_data: Path, count: int) -> None:
    with gzip.open(reference_data / "humaneval" / "HumanEval.jsonl.gz", "rt") as file:
        rows = random.Random(0).sample([json.loads(line) for line in file], count)
    metadata = [{"unit_tests": row["test"], "entry_point": row["entry_point"]} for row in rows]
    solved = [case(row["prompt"] + row["canonical_solution"], **data) for row, data in zip(rows, metadata, strict=True)]
    empty = [case(row["prompt"] + "    pass", **data) for row, data in zip(rows, metadata, strict=True)]
    assert all_rulings(solved) == {True}
    assert all_rulings(empty) == {False}


@pytest.mark.reference_data
@deep("count", short=12, whole=120)
def test_mbpp_solutions_pass_and_empty_programs_fail(reference_data: Path, count: int) -> None:
    rows = json.loads((reference_data / "mbpp" / "sanitized-mbpp.json").read_text())
    rows = random.Random(0).sample(rows, count)
    tests = [[*row["test_imports"], *row["test_list"]] for row in rows]
    assert all_rulings([case(row["code"], unit_tests=each) for row, each in zip(rows, tests, strict=True)]) == {True}
    assert all_rulings([case("pass", unit_tests=each) for each in tests]) == {False}
