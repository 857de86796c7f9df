"""Rows on disk come back as they were."""

import gc

import pytest

from raylign.errors import RunError
from raylign.sources.shelf import Shelf

ROWS = [{"prompt": "a" * number, "metadata": {"n": number, "x": [None, "é"]}} for number in range(50)]


def test_rows_come_back_from_any_place() -> None:
    shelf = Shelf()
    for row in ROWS:
        shelf.append(row)
    shelf.close()
    assert list(shelf) == ROWS
    assert shelf[7:9] == ROWS[7:9]
    assert (shelf[-1], len(shelf)) == (ROWS[-1], 50)
    file = shelf._file
    del shelf
    gc.collect()
    assert file.closed


def test_a_disk_that_is_full_is_told() -> None:
    shelf = Shelf()
    shelf._file.close()
    shelf._file = open("/dev/full", "wb")  # noqa: SIM115
    shelf.append(ROWS[1])
    with pytest.raises(RunError, match="cannot keep prompts in .*No space left.*set TMPDIR"):
        shelf.close()
    shelf._file.raw.close()
