"""One process at a time."""

import os
from pathlib import Path

import pytest

from raylign.record.lock import take_lock


def test_who_comes_second_learns_who_is_there_until_it_leaves(tmp_path: Path) -> None:
    with take_lock(tmp_path / "lock"), pytest.raises(BlockingIOError) as refused:
        take_lock(tmp_path / "lock")
    assert refused.value.strerror == str(os.getpid())
    take_lock(tmp_path / "lock").close()
    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
