"""What no document may hold, whatever its keys: checked before anything else reads, compares or prints it."""

import re
import reprlib
from collections.abc import Sequence
from itertools import islice
from typing import Any

from raylign.errors import SpecError

MAX_DEPTH = 16
"""Levels of lists and mappings; a job has six."""
MAX_VALUES = 20_000
"""Keys and items in all; 64 tasks with every key set and eight judges each have as many."""
MAX_BITS = 64
"""Of a whole number."""
MAX_SHOWN = 60
"""Characters of a value in a message."""


class _Brief(reprlib.Repr):
    """Cuts what is long or deep, and leaves mappings in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist = 2, 3, 3
        self.maxstring = self.maxlong = self.maxother = MAX_SHOWN

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}"
        pairs = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, self.maxdict)]
        return "{" + ", ".join(pairs + ["..."] * (len(x) > self.maxdict)) + "}"


_BRIEF = _Brief()

# Controls, which would reach terminals, paths and databases, and halves of surrogate pairs, which are no text.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


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
            raise SpecError(f"{source}: it holds more than {MAX_VALUES} values, a job has some hundreds")
        if len(loc) > MAX_DEPTH:
            raise SpecError(f"{source}: {place(loc[:4])!r} is nested {MAX_DEPTH} deep, no setting goes that far")
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


def place(loc: Sequence[Any]) -> str:
    """``tasks[0].method.kl_max``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{str(part)[:MAX_SHOWN]}" for part in loc)
    return "".join(parts).removeprefix(".")


def shown(value: Any) -> str:
    """A value as people are told of it: cut where it is long or deep, and printable everywhere."""
    return _BRIEF.repr(value)


def _check_key(key: Any, loc: Sequence[Any], source: str) -> None:
    where = repr(place(loc)) if loc else "the job"
    if not isinstance(key, str):
        raise SpecError(f"{source}: {where} has the key {shown(key)}, which YAML takes for no text: put it in quotes")
    _check_text(key, f"{where} has a key", source)


def _check_text(text: str, what: str, source: str) -> None:
    if found := _UNPRINTABLE.search(text):
        raise SpecError(
            f"{source}: {what} with the character U+{ord(found[0]):04X} at position {found.start()}, which no setting "
            "may hold: leave it out"
        )
