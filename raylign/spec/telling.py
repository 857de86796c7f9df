"""How a value, and its place in a document, is told to people: cut where it is long or deep, printable everywhere."""

import reprlib
from collections.abc import Sequence
from itertools import islice
from typing import Any

MAX_SHOWN = 60
"""Characters of a value in a message."""


def place(loc: Sequence[Any]) -> str:
    """``tasks[0].method.kl_max``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{str(part)[:MAX_SHOWN]}" for part in loc)
    return "".join(parts).removeprefix(".")


def shown(value: Any) -> str:
    """A value as people are told of it: cut where it is long or deep, and printable everywhere."""
    return _BRIEF.repr(value)


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
