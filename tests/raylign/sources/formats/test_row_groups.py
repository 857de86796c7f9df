"""Small parquet files whose rows are large: as many are decoded at once as there is room for."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from raylign.errors import SpecError
from raylign.sources import formats
from raylign.sources.formats import arrow, row_groups
from raylign.sources.formats.row_groups import batch_rows
from raylign.spec.prompts import Prompts

MIB = 2**20


def written(path: Path, columns: dict[str, Any], **settings: Any) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), path, compression="zstd", store_schema=False, **settings)
    return path


def at_once(path: Path) -> int:
    with path.open("rb") as file:
        return batch_rows(file, pyarrow.parquet.ParquetFile(file).metadata.row_group(0), "here")


def repeated(value: str, rows: int) -> Any:
    """A value that is held once, however many rows have it."""
    return pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * rows, pyarrow.int32()), pyarrow.array([value]))


def test_ordinary_rows_come_as_many_at_once_as_ever(tmp_path: Path) -> None:
    columns = {"prompt": [f"number {number}" for number in range(5000)], "answer": [*range(5000)]}
    assert at_once(written(tmp_path / "a.parquet", columns)) == arrow.BATCH
    assert at_once(written(tmp_path / "b.parquet", {"prompt": pyarrow.array([], pyarrow.string())})) >= 1


def test_a_value_that_all_rows_share_is_counted_as_often_as_it_is_decoded(tmp_path: Path) -> None:
    file = written(tmp_path / "a.parquet", {"prompt": repeated("a" * 15 * MIB, 256)})
    assert file.stat().st_size < 1000
    assert at_once(file) == row_groups.ROOM // (15 * MIB + 4)  # the dictionary says how long each of its values is


def test_rows_of_it_are_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "ROOM", 8 * MIB)
    file = written(tmp_path / "a.parquet", {"prompt": repeated("a" * MIB, 100)}, row_group_size=60)
    read = [(row.number, len(row.values["prompt"])) for row in formats.read(Prompts(path=str(file)))]
    assert read == [(number, MIB) for number in range(1, 101)]


def test_what_a_value_shares_with_the_one_before_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "ROOM", 8 * MIB)
    values = ["a" * MIB] * 20
    encoded = {"use_dictionary": False, "column_encoding": {"prompt": "DELTA_BYTE_ARRAY"}}
    assert at_once(written(tmp_path / "a.parquet", {"prompt": values}, **encoded)) <= 8


def test_rows_of_which_one_is_too_much_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    many = pyarrow.ListArray.from_arrays([0, 200], repeated("a" * 8 * MIB, 200))
    file = written(tmp_path / "a.parquet", {"many": many})
    with pytest.raises(SpecError, match=r"a.parquet, beyond row 0: a row may hold 1,677,72[\d,]* bytes"):
        list(formats.read(Prompts(path=str(file))))


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("1504158880800f15fa07", 15_728_644),
        ("", 7),
        ("15", 7),
        ("1504", 7),
        ("150419", 7),
        ("1504" + "15" + "ff" * 30, 7),
    ],
)
def test_a_dictionary_s_size_is_its_page_s_and_else_that_of_the_metadata(header: str, size: int) -> None:
    assert row_groups._dictionary_bytes(BytesIO(b"PAR1" + bytes.fromhex(header)), 4, 7) == size
