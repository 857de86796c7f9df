"""What one rank writes into a checkpoint, hashed as it goes by."""

import hashlib
from pathlib import Path

import pytest

from raylign.record.checkpoint_files import CheckpointFiles, read_back


def test_a_file_is_noted_once_it_is_written_with_the_digest_of_what_went_by(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path)
    (tmp_path / "trainer").mkdir()
    with files.open(tmp_path / "trainer" / "state") as out:
        out.write(b"first ")
        out.write(memoryview(b"second"))
        assert files.written == []
    [noted] = files.written
    assert (noted.name, noted.size) == ("trainer/state", 12)
    assert noted.sha256 == hashlib.sha256(b"first second").hexdigest()
    assert read_back(tmp_path, "trainer/state") == noted


def test_views_of_numbers_are_counted_in_bytes(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path)
    with files.open(tmp_path / "numbers") as out:
        out.write(memoryview(bytes(16)).cast("d"))
    assert files.written == [read_back(tmp_path, "numbers")]
    assert files.written[0].size == 16


def test_a_file_whose_writing_fails_is_not_noted(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path)
    with pytest.raises(TypeError), files.open(tmp_path / "half") as out:
        out.write("text")  # type: ignore[arg-type]
    assert files.written == []


def test_what_the_disk_made_of_it_later_shows(tmp_path: Path) -> None:
    files = CheckpointFiles(tmp_path)
    with files.open(tmp_path / "state") as out:
        out.write(b"right")
    (tmp_path / "state").write_bytes(b"wrong")
    assert read_back(tmp_path, "state") != files.written[0]


def test_files_of_a_library_are_adopted_with_all_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "policy" / "deep").mkdir(parents=True)
    (tmp_path / "policy" / "config.json").write_text("{}")
    (tmp_path / "policy" / "deep" / "weights").write_bytes(b"w")
    files = CheckpointFiles(tmp_path)
    files.adopt(tmp_path / "policy", "*.json")
    assert [file.name for file in files.written] == ["policy/config.json"]
    files.written.clear()
    files.adopt(tmp_path / "policy")
    assert [file.name for file in files.written] == ["policy/config.json", "policy/deep/weights"]
