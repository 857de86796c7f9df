"""JSON: an array of objects, read piece by piece, however long it is; or JSON Lines under that name."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import MAX_LINE_BYTES, parse_line, reading
from raylign.sources.formats import json_lines
from raylign.sources.formats.row import Row

PIECE = 1 << 16
"""Bytes that are read at once, at least."""
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


def read(path: Path) -> Iterator[Row]:
    text = _Text(path)
    if not text.begins("["):
        text.close()
        yield from json_lines.read(path)
        return
    number = 0
    while not text.begins("]"):
        if number:
            text.take(",", after=number)
        number += 1
        place = f"{path}, row {number}"
        raw = text.element(place)
        value = parse_line(raw, place)  # once more, by the stricter reader
        if "\\u" in raw:
            json_lines.require_encodable(value, place)
        yield Row(number, place, json_lines.require_object(value, place))
    text.take("]", after=number)
    text.require_end()


class _Text:
    """What is yet to be read of a file: no more of it is held than an element needs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pieces = _pieces(path)
        self._text = ""
        self._at = 0

    def begins(self, mark: str) -> bool:
        """Whether ``mark`` comes next, whitespace aside. The first bracket is taken."""
        self._skip()
        found = self._text.startswith(mark, self._at)
        if found and mark == "[":
            self._at += 1
        return found

    def take(self, mark: str, *, after: int) -> None:
        self._skip()
        if not self._text.startswith(mark, self._at):
            wanted = "a comma or the array's end" if mark == "," else "the array's end"
            what = "the file ends" if self._at == len(self._text) else f"{self._text[self._at]!r} stands"
            raise SpecError(f"{self._path} is not JSON after row {after}: {what} where {wanted} is due")
        self._at += 1

    def require_end(self) -> None:
        self._skip()
        if self._at < len(self._text):
            raise SpecError(f"{self._path} is not JSON: {self._text[self._at]!r} stands behind the array's end")

    def element(self, place: str) -> str:
        """The text of the element that comes next. What does not end within twice as much is looked for in that."""
        self._skip()
        wanted = PIECE
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > MAX_LINE_BYTES:
                    raise SpecError(f"{place} has more than {MAX_LINE_BYTES} bytes, or is not JSON") from None
                if not self._more(wanted):
                    said = error.msg if isinstance(error, json.JSONDecodeError) else error
                    raise SpecError(f"{place} is not JSON, or the file ends within it: {said}") from None
                wanted *= 2
            else:
                if end == len(self._text) and self._more(PIECE):  # a number may go on
                    continue
                found, self._at = self._text[self._at : end], end
                return found

    def close(self) -> None:
        self._pieces.close()

    def _skip(self) -> None:
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text) or not self._more(PIECE):
                return

    def _more(self, wanted: int) -> bool:
        """Read on, by about ``wanted`` bytes; False where there is nothing more."""
        got = []
        while wanted > 0 and (piece := next(self._pieces, "")):
            got.append(piece)
            wanted -= len(piece)
        self._text = self._text[self._at :] + "".join(got)
        self._at = 0
        return bool(got)


def _pieces(path: Path) -> Any:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    read_so_far = 0
    with reading(path, "prompts file") as (file, left):
        while left > 0 and (raw := file.read(min(left, PIECE))):
            left -= len(raw)
            try:
                text = decoder.decode(raw)
            except UnicodeDecodeError as error:
                raise SpecError(
                    f"{path} is not UTF-8 text: {error.reason} near byte {read_so_far + error.start}; save it as UTF-8"
                ) from None
            read_so_far += len(raw)
            if text:
                yield text
