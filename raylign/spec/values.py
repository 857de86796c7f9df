"""What no document may hold, whatever its keys: checked before anything else reads, compares or prints it."""

from collections.abc import Sequence
from typing import Any

from raylign import bounds
from raylign.errors import SpecError
from raylign.spec.telling import place, shown

MAX_DEPTH = 16
"""Levels of lists and mappings; a job has six."""
MAX_VALUES = 20_000
"""Keys and items in all; 64 tasks with every key set and eight judges each have as many."""
MAX_BITS = 64
"""Of a whole number."""
TOO_MANY = f"holds more than {MAX_VALUES} values, a job has some hundreds"
TOO_DEEP = f"is nested more than {MAX_DEPTH} deep, no setting goes that far"


def check_values(document: Any, *, source: str) -> None:
    """Raise `SpecError` where there is what no setting may hold, naming its place.

    That is: control characters and lone surrogates, keys that are no text, whole numbers of more than 64 bits, and
    nesting and numbers of values far beyond those of any job.
    """
    left: list[tuple[tuple[Any, ...], Any]] = [((), document)]
    seen = 0
    while left:
        loc, value = left.pop()
        seen += 1
        if seen > MAX_VALUES:
            raise SpecError(f"{source}: it {TOO_MANY}")
        if len(loc) > MAX_DEPTH:
            raise SpecError(f"{source}: {place(loc[:4])!r} {TOO_DEEP}")
        match value:
            case dict():
                for key, item in value.items():
                    _check_key(key, loc, source)
                    left.append(((*loc, key), item))
            case list() | tuple():
                left.extend(((*loc, index), item) for index, item in enumerate(value))
            case str():
                _check_text(value, f"{place(loc)!r} is a text", source)
            case int() if value.bit_length() > MAX_BITS:
                raise SpecError(
                    f"{source}: {place(loc)!r} is a whole number of {value.bit_length()} bits, none may have more than "
                    f"{MAX_BITS}"
                )


def _check_key(key: Any, loc: Sequence[Any], source: str) -> None:
    where = repr(place(loc)) if loc else "the job"
    if not isinstance(key, str):
        raise SpecError(f"{source}: {where} has the key {shown(key)}, which YAML takes for no text: put it in quotes")
    _check_text(key, f"{where} has a key", source)


def _check_text(text: str, what: str, source: str) -> None:
    if found := bounds.UNPRINTABLE.search(text):
        raise SpecError(
            f"{source}: {what} with the character U+{ord(found[0]):04X} at position {found.start()}, which no setting "
            "may hold: leave it out"
        )
