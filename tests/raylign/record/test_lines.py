"""JSON lines: what is written, torn, cut, dropped and read from the end. rundir's tests show the same on a run."""

import json
import math
from pathlib import Path

import pytest

from raylign.errors import RunError
from raylign.record.lines import (
    BLOCK,
    append_line,
    cut_torn_line,
    documents,
    json_line,
    keep_documents,
    last_document,
    whole_lines,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.jsonl"


def test_a_line_is_ascii_and_holds_no_line_break_and_no_number_that_json_lacks() -> None:
    line = json_line({"text": "\u2028\n\u00e9", "loss": math.nan, "parts": [{"kl": math.inf}, (1, -math.inf)], 3: True})
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line) == {"text": "\u2028\n\u00e9", "loss": None, "parts": [{"kl": None}, [1, None]], "3": True}


def test_what_is_appended_is_read_in_order(path: Path) -> None:
    assert list(documents(path)) == []
    assert last_document(path) is None
    for number in range(3):
        append_line(path, json_line({"number": number}))
    assert [line["number"] for line in documents(path)] == [0, 1, 2]
    assert last_document(path) == {"number": 2}


def test_what_cannot_be_appended_is_an_error_that_names_the_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(RunError, match=r"cannot write .*file\.jsonl"):
        append_line(path, "{}")


def test_lines_are_read_from_a_byte_on_up_to_one_that_is_torn(path: Path) -> None:
    path.write_bytes(b"1\n22\n333\n44")
    assert list(whole_lines(path, 2)) == [b"22\n", b"333\n"]
    assert list(whole_lines(path, 9)) == []


@pytest.mark.parametrize("length", [1, BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
@pytest.mark.parametrize("torn", [b"", b"{", b"x" * 2 * BLOCK])
def test_the_end_is_found_wherever_blocks_begin(path: Path, length: int, torn: bytes) -> None:
    first, last = json_line({"a": 1}) + "\n", json_line({"b": "x" * length}) + "\n"
    path.write_bytes(first.encode() + last.encode() + torn)
    assert last_document(path) == {"b": "x" * length}
    cut_torn_line(path)
    assert path.read_text() == first + last
    path.write_bytes(torn)
    assert last_document(path) is None
    cut_torn_line(path)
    assert path.read_bytes() == b""


def test_a_file_that_is_not_there_has_nothing_to_cut(path: Path) -> None:
    cut_torn_line(path)
    assert not path.exists()


def test_only_what_is_wanted_is_kept_and_damage_leaves_the_file_as_it_was(path: Path) -> None:
    for number in range(4):
        append_line(path, json_line({"number": number}))
    keep_documents(path, lambda line: line["number"] % 2 == 0)
    assert [line["number"] for line in documents(path)] == [0, 2]
    append_line(path, "{damaged")
    before = path.read_bytes()
    with pytest.raises(RunError, match="damaged"):
        keep_documents(path, lambda line: False)
    assert path.read_bytes() == before
    with pytest.raises(RunError, match="line 3 is damaged"):
        list(documents(path))
    with pytest.raises(RunError, match="last line is damaged"):
        last_document(path)
