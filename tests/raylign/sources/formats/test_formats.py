"""Every format gives the same rows, and says of what is wrong in which file and row it stands."""

import csv
import gzip
import os
import sys
from pathlib import Path

import pytest
from data_files import ROWS, read_file, write_file

from raylign.errors import SpecError


@pytest.mark.parametrize(
    "name", ["a.jsonl", "a.ndjson", "a.txt", "a", "a.json", "a.csv", "a.tsv", "a.parquet", "a.jsonl.gz", "a.json.gz",
             "a.csv.gz"],
)  # fmt: skip
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    assert read_file(write_file(tmp_path / name)) == ROWS


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.json.gz"])
def test_a_gz_that_is_cut_is_told(tmp_path: Path, name: str) -> None:
    path = write_file(tmp_path / name, [{"prompt": f"{os.urandom(9)!r}"} for _ in range(999)])
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(SpecError, match=rf"'.*{name}' is cut off or no gzip file: Compressed file ended"):
        read_file(path)
    path.write_bytes(b"{}")
    with pytest.raises(SpecError, match="is cut off or no gzip file: Not a gzipped file"):
        read_file(path)
    path.write_bytes(gzip.compress(b"x" * 99)[:-20] + b"\xff" * 20)
    with pytest.raises(SpecError, match="is cut off or no gzip file"):
        read_file(path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.jsonl.gz", "a.json.gz", "a.csv.gz"])
def test_what_never_ends_is_not_held(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("raylign.files", "raylign.sources.formats.json_array"):
        monkeypatch.setattr(f"{module}.MAX_LINE_BYTES", 10_000)
    before = csv.field_size_limit(10_000)
    try:
        text = '[{"prompt": "' if ".json" in name and "l" not in name else '{"prompt": "' if "l" in name else "prompt\n"
        held = (text + "x" * 400_000).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(held) if name.endswith("gz") else held)
        with pytest.raises(SpecError, match=r"(line|row) [12] has more than 10000 bytes"):
            read_file(path)
    finally:
        csv.field_size_limit(before)


def test_a_library_that_is_not_there_is_named_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(SpecError, match=r"reading '.*a.parquet' needs the library 'pyarrow' .*raylign\[data\]"):
        read_file(path)
