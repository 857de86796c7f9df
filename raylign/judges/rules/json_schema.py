"""The JSON judge: the response is one JSON value that a schema allows (JSON Schema, draft 2020-12).

The schema is the job's, and may be made to cost: its size is bounded, nothing it refers to is ever fetched, and a
response that it comes to no end of is killed by the clock.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field

from raylign import bounds
from raylign.errors import SpecError
from raylign.judges.rules.fences import code_blocks
from raylign.judges.rules.rule import Case, RuleJudge
from raylign.verdicts import SATISFIED, TOO_DEEP, Ruling, abstained, violated

DIGITS = 300
"""Of a whole number: what has more is beyond the floats that schemas compare with."""


class JSONJudge(RuleJudge):
    """The response, or its one fenced block, is a JSON value that ``json_schema`` allows."""

    type: Literal["json"] = "json"
    json_schema: dict[str, Any] = Field(default_factory=dict, max_length=bounds.CONDITIONS * 4)
    """JSON Schema, draft 2020-12. Without it every JSON value satisfies. References stay within it: ``#/$defs/...``."""
    take: Literal["whole", "fence"] = "whole"
    """What is read: the whole response, or its single fenced block (``` or ```json), whatever stands around it."""
    timeout_s: float = Field(default=5.0, gt=0, le=bounds.JUDGE_S)
    """Limit for one response."""

    def check(self, *, whose: str) -> None:
        """Raises `SpecError` where the schema is none, is too large, or refers to what is not in it."""
        try:
            _check(self.json_schema)
        except ValueError as error:
            raise SpecError(f"the `json_schema` of {whose} {error}") from None

    def rule(self, case: Case) -> Ruling:
        """Strict JSON: no key twice, no NaN, no number beyond all floats. Abstains where the schema itself fails."""
        text = _taken(case.response, self.take)
        if text is None:
            return violated("no fenced JSON block, or more than one")
        try:
            value = _read(text)
        except ValueError:
            return violated("not JSON")
        except RecursionError:
            return violated(TOO_DEEP)
        return _ruling(_validator(json.dumps(self.json_schema)), value)

    @property
    def limit_s(self) -> float:
        return self.timeout_s


def _taken(response: str, take: Literal["whole", "fence"]) -> str | None:
    if take == "whole":
        return response
    blocks = [code for language, code in code_blocks(response) if language.lower() in ("", "json")]
    return blocks[0] if len(blocks) == 1 else None


def _read(text: str) -> Any:
    """The JSON value. Raises `ValueError`, and `RecursionError` for what is nested too deeply."""
    return json.loads(
        text, object_pairs_hook=_object, parse_int=_whole, parse_float=_finite, parse_constant=_no_constant
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError("too many digits")
    return int(digits)


def _finite(digits: str) -> float:
    if (value := float(digits)) in (float("inf"), float("-inf")):
        raise ValueError("beyond all floats")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _ruling(validator: Any, value: Any) -> Ruling:
    """What the schema says of a value. A schema that fails on whatever it is shown abstains: that is no response's
    doing."""
    from referencing.exceptions import Unresolvable

    try:
        error = next(validator.iter_errors(value), None)
    except RecursionError:
        return violated(TOO_DEEP) if _stands(validator) else abstained("json_schema: runs in a loop")
    except Unresolvable:
        return abstained("json_schema: a reference leads nowhere")
    except Exception as error:  # what a reference names may be no schema at all, and was not checked as one
        return abstained(f"json_schema: fails with {type(error).__name__}")
    return SATISFIED if error is None else violated(f"not allowed: {error.validator}")


def _stands(validator: Any) -> bool:
    """Whether it comes to an end of the least value."""
    try:
        validator.is_valid(None)
    except RecursionError:
        return False
    return True


@lru_cache(maxsize=16)
def _validator(schema: str) -> Any:
    # Slow to import, and only where a job has such a judge.
    from jsonschema import Draft202012Validator
    from jsonschema_specifications import REGISTRY

    # The registry is named, for without one the library would fetch what a reference names.
    return Draft202012Validator(json.loads(schema), registry=REGISTRY)


def _check(schema: Mapping[str, Any]) -> None:
    """Raises `ValueError` that says what the schema does wrong."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if (size := len(json.dumps(schema))) > bounds.SCHEMA:
        raise ValueError(
            f"has {size} characters, at most {bounds.SCHEMA} are read: write what repeats once, in `$defs`"
        )
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "the whole"
        raise ValueError(f"is no JSON Schema (draft 2020-12): {place}: {error.message[:200]}") from None
    except (OverflowError, RecursionError) as error:
        raise ValueError(f"has a pattern that is no Python regular expression: {error}") from None
    for part in _parts(schema):
        if isinstance(part, int | float) and not abs(part) <= sys.float_info.max:
            raise ValueError(
                "holds a number beyond all floats: those of responses are compared as floats, so write a smaller one"
            )
        for reference in _references(part):
            if not reference.startswith("#"):
                raise ValueError(
                    f"refers to {reference[:100]!r}: nothing is fetched, so write it into `$defs` and refer by #/$defs"
                )


def _parts(schema: Any) -> Iterator[Any]:
    """Itself, and all values in it."""
    left = [schema]
    while left:
        part = left.pop()
        yield part
        match part:
            case dict():
                left += part.values()
            case list():
                left += part


def _references(part: Any) -> list[str]:
    """What it refers to, not what is in it."""
    if not isinstance(part, dict):
        return []
    return [part[key] for key in ("$ref", "$dynamicRef") if isinstance(part.get(key), str)]
