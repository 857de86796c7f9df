"""Two models must mean the same by every token, not only have as many."""

import json
import os
from pathlib import Path

import pytest

from raylign.errors import SpecError
from raylign.plan.vocabulary import check_same_files, check_same_tokens, read_vocabulary


def write(directory: Path, vocab: object, *added: tuple[str, int]) -> Path:
    directory.mkdir()
    entries = [{"content": content, "id": number} for content, number in added]
    (directory / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocab}, "added_tokens": entries}))
    return directory


def test_maps_lists_and_added_tokens_are_read(tmp_path: Path) -> None:
    assert read_vocabulary(write(tmp_path / "bpe", {"a": 0, "b": 1}, ("<s>", 2))) == {"a": 0, "b": 1, "<s>": 2}
    assert read_vocabulary(write(tmp_path / "unigram", [["a", -1.0], ["b", -2.0]])) == {"a": 0, "b": 1}
    assert read_vocabulary(tmp_path) is None


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(SpecError, match="is no tokenizer's file"):
        read_vocabulary(tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        "[" * 100_000,
        "[]",
        '{"model": {"vocab": 5}}',
        '{"model": {"vocab": [5]}}',
        '{"model": {"vocab": {"a": "0"}}}',
        '{"model": {"vocab": {}}, "added_tokens": [{"content": "a", "id": null}]}',
    ],
)
def test_a_file_of_wrong_kinds_is_refused_and_no_crash(tmp_path: Path, document: str) -> None:
    (tmp_path / "tokenizer.json").write_text(document)
    with pytest.raises(SpecError, match="is no tokenizer's file"):
        check_same_files(write(tmp_path / "one", {"a": 0}), tmp_path)


def test_what_is_no_file_is_neither_waited_for_nor_read_without_end(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"a": 0})
    os.mkfifo(tmp_path / "tokenizer.json")
    with pytest.raises(SpecError, match=r"tokenizer\.json'.*not a regular file"):
        check_same_files(one, tmp_path)


def test_the_first_token_that_differs_is_named(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"a": 0, "b": 1, "c": 2})
    check_same_files(one, write(tmp_path / "same", {"c": 2, "a": 0, "b": 1}))
    with pytest.raises(
        SpecError, match=r"'b' is token 1 of the policy and token 2 of the reference, and 1 more differ"
    ):
        check_same_files(one, write(tmp_path / "swapped", {"a": 0, "c": 1, "b": 2}))
    with pytest.raises(SpecError, match="'c' is token 2 of the policy and no token of the reference, and 0 more"):
        check_same_files(one, write(tmp_path / "fewer", {"a": 0, "b": 1}))


def test_a_file_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    check_same_files(write(tmp_path / "one", {"a": 0}), tmp_path)


def test_equal_vocabularies_pass() -> None:
    check_same_tokens("p", {"a": 0, "b": 1}, "r", {"b": 1, "a": 0})
