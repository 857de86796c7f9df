from typing import Any, Literal

import pytest

from raylign.errors import SpecError
from raylign.judges.rules.json_schema import JSONJudge
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling, abstained, violated

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"$ref": "#/$defs/age"}},
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"age": {"type": "integer", "minimum": 0}},
}


def rule(response: str, schema: Any = PERSON, take: Literal["whole", "fence"] = "whole") -> Ruling:
    return JSONJudge(json_schema=schema, take=take).rule(Case(response=response))


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ('{"name": "Ada", "age": 36}', ""),
        (' {"name": "Ada"}\n', ""),
        ('{"age": 36}', "not allowed: required"),
        ('{"name": "Ada", "age": -1}', "not allowed: minimum"),
        ('{"name": "Ada", "title": "Dr"}', "not allowed: additionalProperties"),
        ('["Ada"]', "not allowed: type"),
        ('Here it is: {"name": "Ada"}', "not JSON"),
        ('{"name": "Ada"} {"name": "Bob"}', "not JSON"),
        ('{"name": "Ada", "name": 3}', "not JSON"),
        ('{"name": "Ada", "age": NaN}', "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "too deep"),
    ],
)
def test_the_whole_response(response: str, reason: str) -> None:
    assert rule(response) == (violated(reason) if reason else Ruling(True))


@pytest.mark.parametrize(
    ("response", "satisfied"),
    [
        ('Here:\n```json\n{"name": "Ada"}\n```\nDone.', True),
        ('```\n{"name": "Ada"}\n```', True),
        ('```python\nx = 1\n```\n```json\n{"name": "Ada"}\n```', True),
        ('{"name": "Ada"}', False),
        ('```json\n{"name": "Ada"}', False),
        ('```json\n{"name": "Ada"}\n```\n```json\n{"name": "Bob"}\n```', False),
        ('```json\n{"age": 3}\n```', False),
    ],
)
def test_the_one_fenced_block(response: str, satisfied: bool) -> None:
    assert rule(response, take="fence").satisfied is satisfied


def test_without_a_schema_any_json_satisfies() -> None:
    assert rule("1", {}).satisfied is True
    assert rule("one", {}).satisfied is False


@pytest.mark.parametrize("number", ["9" * 301, "-" + "9" * 300, "1e999", "Infinity"])
def test_numbers_beyond_all_floats_are_none(number: str) -> None:
    assert rule(number, {"multipleOf": 0.1}) == violated("not JSON")


@pytest.mark.parametrize(
    ("schema", "response", "ruling"),
    [
        ({"$ref": "#"}, "1", abstained("json_schema: runs in a loop")),
        ({"$ref": "#/$defs/no"}, "1", abstained("json_schema: a reference leads nowhere")),
        ({"$ref": "https://example.com/s.json"}, "1", abstained("json_schema: a reference leads nowhere")),
        ({"multipleOf": 10**400}, "1.5", abstained("json_schema: fails with OverflowError")),
        ({"$ref": "#/x", "x": {"multipleOf": 0}}, "1", abstained("json_schema: fails with ZeroDivisionError")),
        ({"$ref": "#/x", "x": {"type": "strin"}}, '"a"', abstained("json_schema: fails with UnknownType")),
        ({"$ref": "#/x", "x": {"maximum": "1"}}, "1", abstained("json_schema: fails with TypeError")),
        ({"items": {"$ref": "#"}}, "[" * 300 + "]" * 300, violated("too deep")),
        ({"multipleOf": 1e-300}, "1" + "0" * 299, violated("not allowed: multipleOf")),
    ],
    ids=["loop", "nowhere", "remote", "huge", "nothing", "type", "text", "deep", "tiny"],
)
def test_what_a_schema_cannot_do_is_not_laid_to_the_response(schema: Any, response: str, ruling: Ruling) -> None:
    assert rule(response, schema) == ruling


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strin"}, "is no JSON Schema (draft 2020-12): type: 'strin'"),
        ({"properties": {"a": {"minimum": "1"}}}, "properties/a/minimum: '1' is not of type 'number'"),
        ({"pattern": "("}, "is not a 'regex'"),
        ({"pattern": "a{99999999999999999999}"}, "no Python regular expression"),
        ({"$ref": "https://example.com/s.json"}, "nothing is fetched"),
        ({"allOf": [{"$ref": "file:///etc/passwd"}]}, "nothing is fetched"),
        ({"multipleOf": 10**400}, "holds a number beyond all floats"),
        ({"allOf": [{"multipleOf": float("nan")}]}, "holds a number beyond all floats"),
        ({"enum": ["x" * 20_000]}, "at most 20000 are read"),
    ],
)
def test_a_wrong_schema_is_refused_before_anything_runs(schema: Any, said: str) -> None:
    with pytest.raises(SpecError, match="the `json_schema` of judge 'json' ") as caught:
        JSONJudge(json_schema=schema).check(whose="judge 'json'")
    assert said in str(caught.value)


def test_a_right_schema_passes() -> None:
    JSONJudge(json_schema=PERSON).check(whose="judge 'json'")
    JSONJudge(json_schema={"properties": {"$ref": {"type": "string"}}}).check(whose="judge 'json'")
