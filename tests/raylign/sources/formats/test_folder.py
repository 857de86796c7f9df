"""Directories, patterns and splits of data."""

from pathlib import Path

import pytest
from data_files import ROWS, read_file, write_file

from raylign.errors import SpecError


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
