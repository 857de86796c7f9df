"""Tables of parquet files as rows: nulls within, bytes, damage."""

import os
from pathlib import Path

import pytest
from data_files import read_file, write_file

from raylign.errors import SpecError


def test_nested_nulls_of_parquet_are_not_there_and_bytes_are_left_out(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a", "name": None}]
    rows = [{"messages": turns, "more": {"x": None, "y": [None, 1]}, "picture": b"\0"}, {"messages": [None]}]
    path = write_file(tmp_path / "a.parquet", rows)
    assert read_file(path) == [
        {"messages": [{"role": "user", "content": "a"}], "more": {"y": [None, 1]}},
        {"messages": [None]},
    ]


def test_a_parquet_file_that_is_damaged_within_is_told(tmp_path: Path) -> None:
    path = write_file(tmp_path / "a.parquet", [{"prompt": f"{number:09}"} for number in range(2000)])
    held = bytearray(path.read_bytes())
    held[4:400] = os.urandom(396)
    path.write_bytes(held)
    with pytest.raises(SpecError, match="cannot read '.*a.parquet' as parquet beyond row 0"):
        read_file(path)


@pytest.mark.parametrize(
    ("name", "held", "says"),
    [
        ("a.parquet", b"PAR1 and so on", r"cannot read '.*a.parquet' as parquet beyond row 0: "),
        ("a.parquet", b"", r"cannot read '.*a.parquet' as parquet beyond row 0: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_file_and_row(tmp_path: Path, name: str, held: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(held)
    with pytest.raises(SpecError, match=says):
        read_file(path)
