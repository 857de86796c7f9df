"""Patterns against what a shell makes of them."""

import glob
from itertools import product
from pathlib import Path

import pytest

from raylign.sources.formats.pattern import leads_on, means

FILES = ["a", "b/a", "b/c/a", "b/c/d", "b/c/c/a"]
PARTS = ["a", "b", "*", "**", "[cd]", "?"]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_pattern_means_what_a_shell_takes_it_for(tmp_path: Path, length: int) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for *before, last in product(PARTS, repeat=length):
        if last != "**":  # which a shell takes for folders too
            pattern = [*before, last]
            found = set(glob.glob("/".join(pattern), root_dir=tmp_path, recursive=True))
            assert {name for name in FILES if means(pattern, name.split("/"))} == found & set(FILES), pattern


def test_two_stars_at_the_end_mean_all_that_is_below() -> None:
    assert [name for name in FILES if means(["b", "**"], name.split("/"))] == FILES[1:]
    assert all(means(("**",), name.split("/")) for name in FILES)


def test_only_folders_that_lead_on_are_looked_into() -> None:
    assert leads_on(["a", "*.csv"], ["a"])
    assert not leads_on(["a", "*.csv"], ["b"])
    assert not leads_on(["a", "*.csv"], ["a", "b"])
    assert leads_on(["**", "x"], ["a", "b", "c"])
