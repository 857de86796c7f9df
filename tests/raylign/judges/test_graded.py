import json
from typing import Any

import pytest

from raylign.judges.graded import as_json, load, packed


class Sly(float):
    def __float__(self) -> float:
        raise SystemExit

    def hex(self) -> str:
        raise SystemExit


class Big(int):
    def __float__(self) -> float:
        raise SystemExit


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, ["word", True]),
        (None, ["word", None]),
        (0.5, ["number", (0.5).hex()]),
        (2, ["number", (2.0).hex()]),
        (Sly(0.5), ["number", (0.5).hex()]),
        (Big(2), ["number", (2.0).hex()]),
        (10**400, ["number", "inf"]),
        (float("nan"), ["number", "nan"]),
        ("1", ["kind", "str"]),
        ([1], ["kind", "list"]),
        (type('"]\n["word",true]', (), {})(), ["kind", "something"]),
        (type("\xe9", (), {})(), ["kind", "something"]),
    ],
)
def test_a_grade_is_packed_without_asking_its_type(value: Any, said: list[Any]) -> None:
    assert packed(value).endswith(b"\n")
    assert json.loads(packed(value)) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def grade(sample, item): return 1", ["ready"]),
        ("grade = print", ["ready"]),
        ("grade = 1", ["error", "NameError"]),
        ("1 +", ["error", "SyntaxError"]),
        ("raise SystemExit", ["error", "SystemExit"]),
    ],
)
def test_loading(source: str, said: list[str]) -> None:
    grade, answer = load(source)
    assert json.loads(answer) == said
    assert (grade is not None) == (said == ["ready"])


@pytest.mark.parametrize(
    ("text", "value"), [(" [1]", [1]), ('{"a": 1}', {"a": 1}), ("no", None), ("5", None), ("[" * 10**5, None)]
)
def test_json_of_a_response(text: str, value: Any) -> None:
    assert as_json(text) == value
