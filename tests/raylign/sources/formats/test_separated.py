"""CSV: separators, quotes, empty cells; what is wrong is told by the line where its row begins."""

from pathlib import Path

import pytest
from data_files import read_file

from raylign.errors import SpecError
from raylign.sources import formats
from raylign.spec.prompts import Prompts


def test_a_csv_of_another_separator_or_with_empty_cells_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfprompt;answer;\r\n"a;b";;x\r\n\r\nc;4;\r\n')
    assert read_file(path) == [{"prompt": "a;b"}, {"prompt": "c", "answer": "4"}]
    places = [row.place for row in formats.read(Prompts(path=str(path)))]
    assert [place.rpartition(", ")[2] for place in places] == ["line 2", "line 4"]


@pytest.mark.parametrize(
    ("name", "held", "says"),
    [
        ("a.csv", b'a,b\n1,2\n"3,4\n5,6\n', r"a.csv, line 3 is not CSV: a quote that opens in this row is never"),
        ("a.csv", b'a,b\n1,2\n"3"x,4\n', r"a.csv, line 3 is not CSV: .*a quote within a quoted cell is written twice"),
        ("a.csv", b'a,b\n1,"2\n2"\n3\n', r"a.csv, line 4 has 1 cells, the header names 2 columns"),
        ("a.csv", b"a,b,a\n1,2,3\n", r"a.csv: two columns are called 'a' in its header"),
        ("a.csv", "a,b\n1,é\n".encode("latin-1"), r"a.csv, line 2 is not UTF-8 text: .* byte 2; save it as UTF-8"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), r"a.csv, line 1 is not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_file_and_row(tmp_path: Path, name: str, held: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(held)
    with pytest.raises(SpecError, match=says):
        read_file(path)
