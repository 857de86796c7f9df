"""Uploaded bytes on disk."""

import shutil
from pathlib import Path

import pytest
from uploads import ROWS, record

from raylign.service import depot
from raylign.service.depot import Depot
from raylign.service.home import open_home


def test_bytes_come_in_parts_and_are_named_once_all_are_there(tmp_path: Path) -> None:
    place, one = Depot(open_home(tmp_path)), record()
    assert place.received(one) == 0
    for part in (ROWS[:5], ROWS[5:]):
        with place.append(one) as file:
            file.write(part)
    assert place.received(one) == len(ROWS)
    assert not place.path(one).exists()
    assert place.finish(one)
    assert place.path(one) == tmp_path / "tenants/default/datasets" / one.id / "data.jsonl"
    assert place.path(one).read_bytes() == ROWS
    assert place.received(one) == len(ROWS)
    place.remove(one)
    place.remove(one)
    assert place.received(one) == 0


def test_other_contents_than_were_said_are_not_kept(tmp_path: Path) -> None:
    place, one = Depot(open_home(tmp_path)), record()
    with place.append(one) as file:
        file.write(b"x" * len(ROWS))
    assert not place.finish(one)
    assert place.received(one) == 0


def test_what_came_too_much_is_cut(tmp_path: Path) -> None:
    place, one = Depot(open_home(tmp_path)), record()
    with place.append(one) as file:
        file.write(ROWS)
    place.cut(one, 3)
    assert place.received(one) == 3


def test_a_disk_without_room_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Depot(open_home(tmp_path))
    monkeypatch.setattr(depot, "SPARE", shutil.disk_usage(tmp_path).total + 1)
    with pytest.raises(OSError, match="No space left"):
        place.append(record())
