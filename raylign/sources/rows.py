"""Rows as prompts: what a file's columns mean is found out by its first row, and every row is checked."""

import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from raylign import bounds
from raylign.errors import SpecError
from raylign.sources import formats
from raylign.sources.formats.row import Row
from raylign.sources.shapes import recognise
from raylign.sources.shapes.plain import PLAIN
from raylign.sources.shapes.shape import Parts, Shape
from raylign.spec.prompts import Prompts
from raylign.spec.telling import shown

NAMED = 12
"""Columns, in a message."""


class Rows:
    """``(number, row)`` of all rows, read once, one at a time; and what was understood of them on the way.

    A row has ``prompt`` or ``messages``, perhaps ``baseline`` and ``metadata``, and nothing else.
    """

    def __init__(self, prompts: Prompts, *, need_baseline: bool = False) -> None:
        """``need_baseline``: every row must hold one."""
        self.shape: Shape | None = None
        """Known from the first row on."""
        self.extra: dict[str, None] = {}
        """Columns that became metadata, in the order in which they came; of very many the first."""
        self.files = Counter[str]()
        """How many were come to, by format."""
        self._prompts = prompts
        self._need_baseline = need_baseline
        self._unseen = set(prompts.columns.values())

    def __iter__(self) -> Iterator[tuple[int, Parts]]:
        """Raises `SpecError` naming the file, the row and what is wrong with it, when it comes there."""
        for row, made in self.outcomes():
            if isinstance(made, SpecError):
                raise made
            yield row.number, made

    def outcomes(self) -> Iterator[tuple[Row, Parts | SpecError]]:
        """Each row as it stands, and what it says or what is wrong with it.

        Raises `SpecError` where a file cannot be read on, or its first row does not say what its columns mean.
        """
        found = 0
        for row in self._read():
            yield row, self._outcome(row)
            found += 1
            if found == self._prompts.limit:
                break
        if not found:
            raise SpecError(f'{self._prompts.path} holds no prompts: give it lines like {{"prompt": "..."}}')
        if self._unseen and found != self._prompts.limit:
            raise SpecError(_no_column(min(self._unseen), self._prompts.path, self.extra))

    @property
    def understood(self) -> str:
        """What the rows were taken for, for people; empty where they are raylign's own and no more."""
        if self.shape is None or (self.shape is PLAIN and not self.extra):
            return ""
        said = "" if self.shape is PLAIN else f"read as {self.shape.name}: {self.shape.means}"
        named = ", ".join(map(shown, list(self.extra)[:NAMED])) + (" and more" if len(self.extra) > NAMED else "")
        more = f"metadata from the columns {named}" if self.extra else ""
        return "; ".join(filter(None, (said, more)))

    def _read(self) -> Iterator[Row]:
        for name, held in formats.files(self._prompts):
            self.files[name] += 1
            yield from held

    def _outcome(self, row: Row) -> Parts | SpecError:
        try:
            return self._row(row.values, row.place)
        except SpecError as error:
            if self.shape is None:
                raise
            return error

    def _row(self, values: dict[str, Any], place: str) -> Parts:
        if self._prompts.columns:
            values = self._renamed(values, place)
        if self.shape is None:
            self.shape = recognise(values, place)
        parts = self.shape.read(values, place)
        if not values.keys() <= self.shape.takes:
            extra = values.keys() - self.shape.takes
            if len(self.extra) < bounds.NAMES:  # rows may each have columns of their own
                self.extra |= dict.fromkeys(name for name in values if name in extra)
            parts["metadata"] = _joined(parts.get("metadata", {}), {name: values[name] for name in extra}, place)
        _check(parts, place, self._need_baseline)
        return parts

    def _renamed(self, values: dict[str, Any], place: str) -> dict[str, Any]:
        """The row with the names that the job gives its columns."""
        columns = self._prompts.columns
        self._unseen -= values.keys()
        for ours in ("prompt", "messages"):
            if ours in columns and columns[ours] not in values:
                raise SpecError(_no_column(columns[ours], place, values))
        rest = {name: value for name, value in values.items() if name not in columns.values()}
        if twice := rest.keys() & columns.keys():
            ours = min(twice)
            raise SpecError(
                f"{place} has a column {shown(ours)} of its own, and `columns` gives that name to "
                f"{shown(columns[ours])}: give the other a name too"
            )
        return rest | {ours: values[theirs] for ours, theirs in columns.items() if theirs in values}


def rows(prompts: Prompts, *, need_baseline: bool = False) -> Iterator[tuple[int, Parts]]:
    """``(number, row)`` of all rows, by the number of its line or its row. Raises `SpecError` as `Rows` does."""
    return iter(Rows(prompts, need_baseline=need_baseline))


def _no_column(wanted: str, place: str, columns: Collection[str]) -> str:
    near = difflib.get_close_matches(wanted, columns, n=1)
    named = ", ".join(map(shown, list(columns)[:NAMED])) or "none"
    hint = f"did you mean {shown(near[0])}? It has" if near else "it has"
    return f"{place} has no column {shown(wanted)}, which `columns` names; {hint}: {named}"


def _joined(metadata: Mapping[str, Any], extra: Mapping[str, Any], place: str) -> dict[str, Any]:
    for name in metadata.keys() & extra.keys():
        if metadata[name] != extra[name]:
            raise SpecError(
                f"{place} has two values for metadata {shown(name)}, {shown(metadata[name])} and, as a column, "
                f"{shown(extra[name])}: rename the column by `columns`"
            )
    return {**extra, **metadata}


def _check(parts: Parts, place: str, need_baseline: bool) -> None:
    """What no shape may make."""
    if "messages" in parts and parts["messages"][-1]["role"] == "assistant":
        raise SpecError(f"{place}: the last turn is the assistant's; the policy has nothing to answer")
    if need_baseline and not parts.get("baseline"):
        raise SpecError(f"{place} has no `baseline`, which the task asks for with `baseline: data`")
