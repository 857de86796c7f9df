"""Kinds of checkable instructions by IFEval's ids (Zhou et al. 2023, arXiv 2311.07911), with checked arguments."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError, validate_call

Relation = Literal["less than", "at least"]
Check = Callable[..., bool]

_KINDS: dict[str, tuple[Check, frozenset[str]]] = {}


class RequirementError(ValueError):
    """An instruction of unknown kind, or whose arguments are missing or of the wrong type."""


def kind(name: str) -> Callable[[Check], Check]:
    """Register ``check(text, *, arguments) -> bool`` under an IFEval id; annotations validate the arguments."""

    def register(check: Check) -> Check:
        arguments = frozenset(inspect.signature(check).parameters) - {"text"}
        _KINDS[name] = (validate_call(config=ConfigDict(strict=True))(check), arguments)
        return check

    return register


def kinds() -> tuple[str, ...]:
    """All known ids."""
    return tuple(sorted(_KINDS))


def bind(name: str, arguments: Mapping[str, Any]) -> Callable[[str], bool]:
    """The check of one instruction with its arguments.

    Arguments of other kinds are dropped: published data carry them as nulls. Raises `RequirementError`.
    """
    if name not in _KINDS:
        raise RequirementError(f"unknown instruction {name[:60]!r}")
    check, names = _KINDS[name]
    given = {key: value for key, value in arguments.items() if key in names}

    def bound(text: str) -> bool:
        try:
            return check(text, **given)
        except ValidationError:
            raise RequirementError(f"malformed arguments of {name}") from None

    return bound


def compare(count: int, relation: Relation, threshold: int) -> bool:
    return count < threshold if relation == "less than" else count >= threshold
