"""Hugging Face's cache, laid out as its own library does it."""

from pathlib import Path

import pytest
from hollow import TINY, save_llama

from raylign.plan.hub_cache import cached_snapshot, hub_cache
from raylign.plan.model_files import find_model, inspect_model


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of ``org/tiny``."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--org--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    return save_llama(repository / "snapshots" / "abc123", **TINY)


def test_a_hub_id_is_known_where_the_cache_holds_it(snapshot: Path) -> None:
    assert cached_snapshot("org/tiny") == snapshot
    info = find_model("org/tiny")
    assert info is not None
    assert (info.path, info.parameters) == (snapshot, 340)
    assert inspect_model("org/tiny") is None  # it stays a hub id to whoever loads it


def test_what_the_cache_does_not_hold_whole_is_not_known(snapshot: Path) -> None:
    assert find_model("org/other") is None
    (snapshot / "model.safetensors").unlink()
    assert find_model("org/tiny") is None


@pytest.mark.parametrize("revision", ["", "gone", "../../../..", "\xff"])
def test_a_revision_that_is_not_there_is_none(snapshot: Path, revision: str) -> None:
    (snapshot.parents[1] / "refs" / "main").write_text(revision, encoding="latin-1")
    assert cached_snapshot("org/tiny") is None


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert hub_cache() == Path("~/.cache/huggingface/hub").expanduser()
    monkeypatch.setenv("XDG_CACHE_HOME", "/c")
    assert hub_cache() == Path("/c/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "/h")
    assert hub_cache() == Path("/h/hub")
