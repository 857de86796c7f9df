"""Files of JSON lines that raylign writes, one document a line. The last may be torn: it is not there yet.

Only a line feed ends a line; Unicode's other line breaks may stand in a document. What only the end of a file tells is
read from its end: a long run says a million things.
"""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO

from raylign.errors import RunError
from raylign.record.whole import replacing

BLOCK = 1 << 16


def json_line(document: Mapping[str, Any]) -> str:
    """A document as one line of ASCII, its line feed left out. NaN and infinities, which JSON lacks, become null."""
    return json.dumps(finite(document), allow_nan=False, separators=(",", ":"))


def finite(value: Any) -> Any:
    """``value`` with null for every number in it that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def append_line(path: Path, line: str) -> None:
    """It outlives the process from here on. Raises `RunError`."""
    _append(path, (line,), synced=False)


def append_documents(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """They outlive the machine from here on. Raises `RunError`."""
    _append(path, map(json_line, rows), synced=True)


def _append(path: Path, lines: Iterable[str], *, synced: bool) -> None:
    try:
        with path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
            if synced:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise RunError(f"cannot write {str(path)!r} ({error}): is the disk full?") from error


def whole_lines(path: Path, start: int = 0) -> Iterator[bytes]:
    """Lines with their line feeds, from byte ``start`` on. Ends before one that is torn, or still being written."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(start)
        yield from takewhile(lambda line: line.endswith(b"\n"), file)


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """All of them, oldest first. Raises `RunError` where a line is damaged."""
    for at, line in enumerate(whole_lines(path), start=1):
        yield _parse(path, f"line {at}", line)


def last_document(path: Path) -> dict[str, Any] | None:
    """The newest one, or None. Raises `RunError` where it is damaged."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        stop = _line_feed_before(file, file.seek(0, os.SEEK_END))
        start = _line_feed_before(file, max(stop, 0)) + 1
        file.seek(start)
        return _parse(path, "last line", file.read(stop - start)) if stop > 0 else None


def keep_documents(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Drop all others. The file is replaced whole, or stays."""
    with replacing(path) as file:
        file.writelines(line for line in whole_lines(path) if wanted(_parse(path, "a line", line)))


def cut_torn_line(path: Path) -> None:
    """Remove what follows the last line feed."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = _line_feed_before(file, size) + 1
        if end < size:
            file.truncate(end)


def _line_feed_before(file: BinaryIO, end: int) -> int:
    """Offset of the last one before ``end``; -1 where there is none."""
    while end > 0:
        start = max(end - BLOCK, 0)
        file.seek(start)
        at = file.read(end - start).rfind(b"\n")
        if at >= 0:
            return start + at
        end = start
    return -1


def _parse(path: Path, where: str, line: bytes) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise RunError(f"{str(path)!r} {where} is damaged ({error}): remove that line") from error
    return document
