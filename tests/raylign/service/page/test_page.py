"""The page's files: what is vendored is what is written down, and nothing in them makes markup or calls elsewhere."""

import hashlib
import re
from pathlib import Path

import pytest

from raylign.service import page

VENDOR = page.FOLDER / "vendor"
SCRIPTS = sorted(page.FOLDER.glob("*.js"))


def test_what_is_vendored_is_what_is_written_down() -> None:
    written = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", (VENDOR / "VENDORED.txt").read_text(), re.M))
    there = {hashlib.sha256(file.read_bytes()).hexdigest(): file.name for file in VENDOR.glob("uPlot*")}
    assert len(there) == 3
    assert there == written


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_makes_markup_of_a_string_or_calls_another_host(script: Path) -> None:
    text = script.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|\.cssText", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize("name", ["index.html", "report.html"])
def test_documents_have_no_script_or_style_within(name: str) -> None:
    text = (page.FOLDER / name).read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|https?://", text)


def test_every_file_that_another_names_is_served() -> None:
    assets = page.load()
    for name, asset in assets.items():
        if name.startswith("vendor/"):
            continue
        text = asset.content.decode()
        named = [*re.findall(r'from "\./([\w.]+)"', text), *re.findall(r'(?:src|href)="/page/([\w./]+)"', text)]
        assert set(named) <= set(assets), name
    assert {"index.html", "report.html", "colors.css", "vendor/uPlot.iife.min.js"} <= set(assets)


def test_a_changed_file_has_another_tag(tmp_path: Path) -> None:
    one, other = tmp_path / "one.js", tmp_path / "other.js"
    one.write_text("1")
    other.write_text("2")
    assert page._asset(one).tag != page._asset(other).tag
    assert page._asset(one).media_type.startswith("text/javascript")
