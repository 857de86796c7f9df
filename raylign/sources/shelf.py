"""Rows on disk: a run's own copy, so that a file that changes under it changes nothing."""

import os
import pickle
import tempfile
import weakref
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, overload

from raylign.errors import RunError

BUFFER = 2**20
"""Bytes that are written at once."""
Row = Mapping[str, Any]


class Shelf(Sequence[Row]):
    """Rows in a temporary file that goes with this object. Memory holds where each begins: 8 bytes a row."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=BUFFER)  # noqa: SIM115, it lives as long as this
        self._ends = array("Q", [0])
        weakref.finalize(self, self._file.close)

    def append(self, row: Row) -> None:
        """Raises `RunError` where the disk is full."""
        held = pickle.dumps(row, pickle.HIGHEST_PROTOCOL)
        try:
            self._file.write(held)
        except OSError as error:
            raise RunError(f"cannot keep prompts in {tempfile.gettempdir()!r} ({error}): set TMPDIR") from error
        self._ends.append(self._ends[-1] + len(held))

    def close(self) -> None:
        """No more rows come. Raises `RunError` as `append` does."""
        try:
            self._file.flush()
        except OSError as error:
            raise RunError(f"cannot keep prompts in {tempfile.gettempdir()!r} ({error}): set TMPDIR") from error

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        begin, end = self._ends[place], self._ends[place + 1]
        row: Row = pickle.loads(os.pread(self._file.fileno(), end - begin, begin))
        return row
