"""What a card chooses among a repository's files, whatever it says."""

import time

import pytest

from raylign.errors import SpecError
from raylign.sources.formats.card import matching, read_card

NAMES = ["a.jsonl", "data/a.jsonl", "data/en/b.jsonl", "data/en/b.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.jsonl", NAMES[:1]),
        ("./*.jsonl", NAMES[:1]),
        ("data/*", NAMES[1:2]),
        ("data/**", sorted(NAMES[1:])),
        ("**/*.jsonl", NAMES[:3]),
        ("**/en/?.csv", NAMES[3:]),
        ("data/**/**/b.jsonl", NAMES[2:3]),
    ],
)
def test_a_pattern_means_files(pattern: str, found: list[str]) -> None:
    assert matching(pattern, NAMES, "org/name") == found


@pytest.mark.parametrize(
    "pattern", ["", "/", "/a.jsonl", "data", "../a.jsonl", "https://host/a.jsonl", "zip://*::a.jsonl"]
)
def test_what_is_no_file_of_it_is_none(pattern: str) -> None:
    with pytest.raises(SpecError, match="no file of it is called so"):
        matching(pattern, NAMES, "org/name")


def test_a_pattern_that_branches_takes_no_time() -> None:
    began = time.monotonic()
    for pattern in ("/".join(["**", "*"] * 200) + "/b", "*a" * 200 + "b"):
        with pytest.raises(SpecError, match="no file"):
            matching(pattern, ["/".join("a" * 100), "a" * 255], "org/name")
    assert time.monotonic() - began < 2


def test_a_card_without_a_head_or_subsets_says_nothing() -> None:
    for text in (b"", b"# About", b"---\n---\n", b"---\nlicense: mit\n---\n", b"---\r\ntags: [a]\r\n---\r\ntext"):
        assert read_card(text, "org/name").subset(None, "org/name").data_files is None
    with pytest.raises(SpecError, match="'org/name' has no subset 'main': it has none, leave out `subset`"):
        read_card(b"", "org/name").subset("main", "org/name")


@pytest.mark.parametrize(
    "head",
    [
        "- a list",
        "configs: 1",
        "configs: [{data_files: a}]",
        "configs: [{config_name: a, data_files: [{split: train}]}]",
        "configs: &a [*a]",
        "{" * 5000,
        "a: '" + "b" * 1_000_000 + "'",
    ],
)
def test_a_head_that_is_none_is_told(head: str) -> None:
    with pytest.raises(SpecError, match="'org/name': the head of its README.md is not read: "):
        read_card(f"---\n{head}\n---\n".encode(), "org/name")
