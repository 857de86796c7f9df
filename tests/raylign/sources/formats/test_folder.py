"""Directories, patterns and splits of data."""

from pathlib import Path

import pytest
from data_files import ROWS, read_file, write_file

from raylign.errors import SpecError
from raylign.sources.formats import folder


def test_a_directory_is_read_whole_and_a_split_of_it_alone(tmp_path: Path) -> None:
    for number, name in enumerate(("data/train-00000.jsonl", "data/train-00001.csv.gz", "data/test.parquet")):
        write_file(tmp_path / name, [{"prompt": str(number)}])
    (tmp_path / "README.md").write_text("no data")
    write_file(tmp_path / ".cache" / "train.jsonl", [{"prompt": "hidden"}])
    assert read_file(tmp_path) == [{"prompt": "0"}, {"prompt": "1"}]  # train, where there are several
    assert read_file(tmp_path, split="test") == [{"prompt": "2"}]
    assert read_file(tmp_path / "data" / "t*.*") == [{"prompt": "0"}, {"prompt": "1"}]
    assert read_file(tmp_path / "**" / "*.parquet") == [{"prompt": "2"}]
    for path, settings, says in (
        (tmp_path, {"split": "dev"}, "has 'dev' in its name.*: set `split` to one of test, train"),
        (tmp_path / "data" / "test.parquet", {"split": "test"}, "is one file and has no splits"),
        (tmp_path / "*.csv", {}, "no file matches"),
        (tmp_path, {"subset": "main"}, "`subset: main` is for datasets of the hub"),
    ):
        with pytest.raises(SpecError, match=says):
            read_file(path, **settings)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    assert read_file(write_file(tmp_path / "a[1].jsonl")) == ROWS


@pytest.mark.parametrize(
    ("bound", "pattern", "says"),
    [
        ("MAX_FILES", "**", "means more than 2 files: name a folder nearer to the data"),
        ("MAX_FILES", "", "means more than 2 files"),
        ("MAX_LOOKED_AT", "**/*.csv", "means more than a look at 2 files and folders: name a folder nearer"),
    ],
)
def test_what_means_very_many_files_is_left_while_they_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, pattern: str, says: str
) -> None:
    for number in range(9):
        write_file(tmp_path / str(number) / "a.jsonl")
    monkeypatch.setattr(folder, bound, 2)
    with pytest.raises(SpecError, match=says):
        read_file(tmp_path / pattern)


def test_a_pattern_looks_only_where_it_may_find_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        write_file(tmp_path / "aside" / str(number) / "a.jsonl")
    write_file(tmp_path / "data" / "a.jsonl")
    monkeypatch.setattr(folder, "MAX_LOOKED_AT", 3)
    assert read_file(tmp_path / "d*" / "*.jsonl") == ROWS


def test_links_lead_round_in_no_circle(tmp_path: Path) -> None:
    write_file(tmp_path / "data" / "a.jsonl")
    (tmp_path / "data" / "again").symlink_to(tmp_path)
    (tmp_path / "data" / "itself").symlink_to(tmp_path / "data" / "itself")
    for pattern in ("**/*.jsonl", "*/*.jsonl", ""):
        assert read_file(tmp_path / pattern) == ROWS
    assert read_file(tmp_path / "data" / "again" / "*" / "*.jsonl") == ROWS


def test_a_pattern_of_a_folder_that_is_not_there_matches_nothing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no file matches '.*nothing/\*\*/\*.jsonl'"):
        read_file(tmp_path / "nothing" / "**" / "*.jsonl")
