"""JSON arrays: read piece by piece, wherever the pieces end; what is wrong is told by its row."""

import json
from pathlib import Path

import pytest
from data_files import read_file

from raylign.errors import SpecError


def test_a_json_array_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the pieces end: within a character, a number, an element."""
    rows = [{"prompt": "äöü" * number, "number": 10**number} for number in range(9)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(rows, ensure_ascii=False))
    for piece in (1, 2, 7):
        monkeypatch.setattr("raylign.sources.formats.json_array.PIECE", piece)
        assert read_file(path) == rows
    path.write_text(" [ ] ")
    assert read_file(path) == []


@pytest.mark.parametrize(
    ("name", "held", "says"),
    [
        ("a.json", b'[{"a": 1}, {"a": 2', r"a.json, row 2 is not JSON, or the file ends within it"),
        ("a.json", b'[{"a": 1} {"a": 2}]', r"a.json is not JSON after row 1: '{' stands where a comma"),
        ("a.json", b'[{"a": 1}', r"a.json is not JSON after row 1: the file ends where a comma"),
        ("a.json", b'[{"a": 1}] x', r"a.json is not JSON: 'x' stands behind the array's end"),
        ("a.json", b'[{"a": 1}, 7]', r"a.json, row 2 must be an object .*, it is int"),
        ("a.json", b'[{"a": NaN}]', r"a.json, row 1 is not JSON: NaN is no JSON number"),
        ("a.json", b'[{"a": "\\ud800"}]', r"a.json, row 1 holds half a character"),
        ("a.json", b"[" * 200_000, r"a.json, row 1 is not JSON, or the file ends within it: maximum recursion"),
        ("a.json", b'[{"a": "\xff"}]', r"a.json is not UTF-8 text: invalid start byte near byte 8; save it as UTF-8"),
        ("a.json", b'{"a": 1}\n{"a"', r"a.json, line 2 is not JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_file_and_row(tmp_path: Path, name: str, held: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(held)
    with pytest.raises(SpecError, match=says):
        read_file(path)
