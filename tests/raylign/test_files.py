"""Files that others name: regular ones only, line by line, and no more than they hold."""

import os
from pathlib import Path

import pytest

from raylign import files
from raylign.errors import SpecError
from raylign.files import open_regular, parse_line, read_regular, text_lines


def test_lines_end_at_line_feeds_alone_and_blank_ones_are_counted_not_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("\ufeffone\u2028still one\n\n  \ntwo\r\nthree".encode())
    assert [(number, line.rstrip()) for number, line in text_lines(path, "file")] == [
        (1, "one\u2028still one"), (4, "two"), (5, "three")
    ]  # fmt: skip


def test_a_file_that_grows_while_it_is_read_comes_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"line\n" * 3)
    seen = 0
    for _ in text_lines(path, "file"):
        seen += 1
        with path.open("ab") as file:
            file.write(b"more\n")
    assert seen == 3


def test_a_line_without_end_and_one_that_is_no_text_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 10)
    path = tmp_path / "file"
    path.write_bytes(b"short\n" + b"x" * 11)
    with pytest.raises(SpecError, match="line 2 has more than 10 bytes"):
        list(text_lines(path, "file"))
    path.write_bytes(b"short\na\xffb\n")
    with pytest.raises(SpecError, match="line 2 is not UTF-8 text: .* at its byte 1"):
        list(text_lines(path, "file"))


@pytest.mark.parametrize("kind", ["absent", "folder", "pipe", "device"])
def test_what_is_no_regular_file_is_never_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
    with pytest.raises(SpecError, match="cannot read the prompts file"):
        list(text_lines(path, "prompts file"))


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"text"


def test_a_file_that_is_read_at_once_has_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 4)
    path = tmp_path / "file"
    path.write_bytes(b"text")
    assert read_regular(path) == b"text"
    path.write_bytes(b"texts")
    with pytest.raises(OSError, match="it has 5 bytes, more than 4"):
        read_regular(path)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "column 2"),
        ("{} {}", "Extra data at column 4"),
        ("[NaN]", "NaN is no JSON number"),
        ("[" * 100_000, "recursion"),
        ("1" * 5000, "not JSON"),
    ],
)
def test_a_line_that_is_no_json_is_named_by_its_place(line: str, says: str) -> None:
    with pytest.raises(SpecError, match=f"rows, line 3 is not JSON.*{says}" if says != "not JSON" else says):
        parse_line(line, "rows, line 3")
    for around in ("%s", "%s\n", "%s\r\n", " %s \t\n"):
        assert parse_line(around % '{"a": [1, null]}', "") == {"a": [1, None]}
