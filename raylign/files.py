"""Read files that others name: regular ones only, no more than they hold, line by line."""

import gzip
import json
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EFBIG, EINVAL, EISDIR
from pathlib import Path
from typing import Any, BinaryIO, cast

from raylign.errors import SpecError

MAX_LINE_BYTES = 64 * 2**20
"""A row with the tests of a programming contest has some 10 MiB."""
MAX_BYTES = 100_000_000
"""Of a file that is read at once: the tokenizers and indexes of the largest models have some 30 MB."""


def open_regular(path: Path) -> BinaryIO:
    """A regular file, also behind links.

    Raises `OSError`, for a device, a pipe or a socket too: reading one may wait for ever, or never end.
    """
    _require_regular(os.stat(path))  # because opening some devices does something
    return open(path, "rb", opener=_open)


def read_regular(path: Path) -> bytes:
    """All that a regular file held when it was opened. Raises `OSError`, for one of more than `MAX_BYTES` too."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise OSError(EFBIG, f"it has {size} bytes, more than {MAX_BYTES}")
        return file.read(size)


def text_lines(path: Path, what: str) -> Iterator[tuple[int, str]]:
    """``(number, line)`` of the lines that are not blank, as `lines` reads them."""
    return ((number, line) for number, line in lines(path, what) if line and not line.isspace())


def lines(path: Path, what: str) -> Iterator[tuple[int, str]]:
    """``(number, line)`` of a text file, or of what a ``.gz`` holds, numbered from 1, without a byte order mark.

    Only a line feed ends a line: a text may hold U+2028. Raises `SpecError` that says ``what`` the file is, and which
    line is wrong.
    """
    number = 0
    with reading(path, what) as (file, left):
        while left > 0 and (raw := file.readline(min(left, MAX_LINE_BYTES + 1))):
            left -= len(raw)
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                raise SpecError(f"{path}, line {number} has more than {MAX_LINE_BYTES} bytes: is it JSON Lines?")
            yield number, _decode(raw, path, number)


@contextmanager
def reading(path: Path, what: str) -> Iterator[tuple[BinaryIO, int]]:
    """A file to read, unpacked where it is a ``.gz``, and how many bytes of it, at most.

    What the file held when it was opened, and no more, so that a file that grows, or one of /proc that has no size,
    comes to an end. Raises `SpecError` that says ``what`` the file is, also for what happens while it is read.
    """
    try:
        with open_regular(path) as file:
            if path.suffix == ".gz":
                yield cast(BinaryIO, gzip.GzipFile(fileobj=file)), sys.maxsize
            else:
                yield file, os.fstat(file.fileno()).st_size
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SpecError(f"the {what} {str(path)!r} is cut off or no gzip file: {error}") from None
    except OSError as error:
        raise SpecError(f"cannot read the {what} {str(path)!r}: {error.strerror}") from error


def parse_line(line: str, place: str) -> Any:
    """The value of a line of JSON. Raises `SpecError` that names its ``place``."""
    try:
        if line.startswith(("{", "[")):
            value, end = _DECODER.raw_decode(line)
            if line[end:] in ("\n", ""):  # as most lines end; `decode` looks for what else may be there
                return value
        return _DECODER.decode(line)
    except json.JSONDecodeError as error:
        raise SpecError(f"{place} is not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits, nesting beyond the stack
        raise SpecError(f"{place} is not JSON: {error}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _decode(raw: bytes, path: Path, number: int) -> str:
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path}, line {number} is not UTF-8 text: {error.reason} at its byte {error.start}; save it as UTF-8"
        ) from None


def _open(path: str, flags: int) -> int:
    """The name may have come to mean a pipe by now; without waiting for its writer it is found out."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    try:
        _require_regular(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _require_regular(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(EISDIR, "it is a directory")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(EINVAL, "it is a device, a pipe or a socket, not a regular file")
