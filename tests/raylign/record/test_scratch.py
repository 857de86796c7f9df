"""A node's own disk, held and given back."""

import tempfile

import pytest

from raylign.record.scratch import PREFIX, Scratch


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_gone_when_nobody_holds_it(home) -> None:
    with Scratch() as one, Scratch() as other:
        (one.path / "file").touch()
        assert list(other.path.iterdir()) == []
        assert len(list(home.iterdir())) == 2
    assert list(home.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_is_held_stays(home) -> None:
    (home / f"{PREFIX}left" / "files").mkdir(parents=True)
    (home / "another's").mkdir()
    with Scratch() as held:
        assert not (home / f"{PREFIX}left").exists()
        Scratch().close()
        assert held.path.is_dir()
    assert [path.name for path in home.iterdir()] == ["another's"]
