"""CSV and its kin: a header, then a row of cells each; quotes as RFC 4180 has them."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from raylign.errors import SpecError
from raylign.files import MAX_LINE_BYTES, lines
from raylign.sources.formats.row import Row
from raylign.spec.telling import shown

SEPARATORS = ",;\t|"

csv.field_size_limit(MAX_LINE_BYTES)  # of this process; the library's own, 128 KiB, is less than a long document


def read(path: Path) -> Iterator[Row]:
    """Which of `SEPARATORS` stands between cells is seen in the header. An empty cell is no value."""
    text = (line for _, line in lines(path, "prompts file"))
    header = next(text, "")
    reader = csv.reader(_again(header, text), delimiter=max(SEPARATORS, key=header.count), strict=True)
    names: list[str] = []
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SpecError(f"{path}, line {begins} is not CSV: {_told(error)}") from None
        if cells is None:
            return
        if not names:
            names = _header(cells, path)
        elif cells:
            place = f"{path}, line {begins}"
            if len(cells) != len(names):
                raise SpecError(
                    f"{place} has {len(cells)} cells, the header names {len(names)} columns: is a quote or a separator "
                    "missing?"
                )
            yield Row(begins, place, {name: cell for name, cell in zip(names, cells, strict=True) if name and cell})
        begins = reader.line_num + 1


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _header(cells: Sequence[str], path: Path) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        raise SpecError(f"{path}: two columns are called {shown(twice[0])} in its header: rename one")
    return names


def _told(error: csv.Error) -> str:
    said = str(error)
    if said == "unexpected end of data":
        return "a quote that opens in this row is never closed"
    if said.startswith("field larger"):
        return f"a quote that opens in this row is not closed within {MAX_LINE_BYTES} bytes"
    return f"{said}; a quote within a quoted cell is written twice"
