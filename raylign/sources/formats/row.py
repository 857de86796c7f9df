"""A row of a file, before anyone knows what its columns mean."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Row(NamedTuple):
    """Its columns, and where it stands."""

    number: int
    """Of its line in a text, else of the row, from 1."""
    place: str
    """For messages: ``"prompts.csv, line 7"``."""
    values: dict[str, Any]
    """By column: what JSON holds. A column without a value is not there, where the format knows of such."""


Read = Callable[[Path], Iterator[Row]]
"""The rows of a file, one after the other. Raises `SpecError` that names file and row, when it comes there."""


class Format(NamedTuple):
    """One format of files."""

    name: str
    """What people call it."""
    read: Read
