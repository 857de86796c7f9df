"""Folders of a store are whole or not there, and what comes is what was written."""

import pytest

from raylign.errors import CheckpointError, RemoteFailed
from raylign.record.carry import LIST, fetch_folder, here, is_whole, put_folder, upload, uploaded
from raylign.remote import Remote


@pytest.fixture
def store(tmp_path):
    return Remote(f"file://{tmp_path}/store/folder")


def write(root, **texts):
    root.mkdir(exist_ok=True)
    for name, text in texts.items():
        (root / name).write_text(text)
    return root


def test_a_folder_comes_as_it_went(tmp_path, store) -> None:
    put_folder(write(tmp_path / "one", a="1", b="2"), store)
    put_folder(write(tmp_path / "two", a="3"), store)
    fetch_folder(store, tmp_path / "back")
    assert {path.name: path.read_text() for path in (tmp_path / "back").iterdir()} == {"a": "3"}
    with here(store) as folder:
        assert (folder / "a").read_text() == "3"
    assert not folder.exists()
    with here(tmp_path / "one") as folder:
        assert folder == tmp_path / "one"


def test_one_that_is_half_there_is_none(tmp_path, store, monkeypatch) -> None:
    """Where uploading ends in the middle, what was there before is not taken for it either."""
    put_folder(write(tmp_path / "one", a="1"), store)

    def breaks(remote, file, name):
        raise RemoteFailed("the network is gone")

    monkeypatch.setattr(Remote, "put", breaks)
    with pytest.raises(RemoteFailed), uploaded(store) as made:
        write(made, a="2")
    assert not is_whole(store)
    with pytest.raises(CheckpointError, match=r"folder is not there, or not whole: it has no files.json"):
        fetch_folder(store, tmp_path / "back")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda place: (place / "a").write_text("x"), r"a does not have the sha256"),
        (lambda place: (place / "a").write_text("12"), r"a has 2 bytes, and 1 were written"),
        (lambda place: (place / "a").unlink(), r"a is missing"),
        (lambda place: (place / LIST).write_text('[{"size": 2}]'), r"is no list of files"),
    ],
)
def test_damage_is_seen_by_who_fetches(tmp_path, store, damage, says) -> None:
    put_folder(write(tmp_path / "one", a="1"), store)
    damage(tmp_path / "store" / "folder")
    with pytest.raises(CheckpointError, match=f"{store}.*{says}"):
        fetch_folder(store, tmp_path / "back")


def test_a_full_disk_is_said_to_be_that_of_scratch(tmp_path, store, monkeypatch) -> None:
    put_folder(write(tmp_path / "one", a="1"), store)
    monkeypatch.setattr(Remote, "fetch", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(CheckpointError, match=r"No space left; scratch space is below TMPDIR"):
        fetch_folder(store, tmp_path / "back")


def test_nothing_to_upload_is_no_error(tmp_path, store) -> None:
    upload(tmp_path, [], store)
    assert store.sizes() == {}
