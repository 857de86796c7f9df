"""Files that are whole or not there."""

import stat
from pathlib import Path

import pytest

from raylign.record.whole import replacing, write_whole


def test_a_file_takes_the_place_of_the_old_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write_whole(path, "new \u2028")
    assert path.read_text(encoding="utf-8") == "new \u2028"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_one_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "half"


def test_what_is_broken_off_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines([b"half", None])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_may_write_one_file_at_a_time_and_each_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path) as first:
        first.write(b"first")
        with replacing(path) as second:
            second.write(b"second, and longer")
        assert path.read_bytes() == b"second, and longer"
    assert path.read_bytes() == b"first"


def test_a_secret_is_its_owners_and_a_fresh_one_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    with pytest.raises(FileExistsError):
        write_whole(path, "new", secret=True, fresh=True)
    assert path.read_text() == "old"
    write_whole(path, "new", secret=True)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_readable_by_others_as_the_process_has_it(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "file", "")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode
