"""Folders of stores: the same words for a disk and for S3, tried again while that may help, errors that name them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from s3 import BUCKET, s3_server

from raylign import remote
from raylign.errors import RemoteFailed, RunError
from raylign.remote import Remote, place_of, require_library


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, s3_server() as environment:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.mark.s3
def test_files_come_and_go_in_s3(server, tmp_path) -> None:
    come_and_go(Remote(f"s3://{BUCKET}/some/run"), tmp_path)


def test_files_come_and_go_on_a_disk(tmp_path) -> None:
    come_and_go(Remote(f"file://{tmp_path}/some/run"), tmp_path)


def come_and_go(folder: Remote, tmp_path: Path) -> None:
    """Everything that is asked of a store, once."""
    assert (folder.read("a"), folder.sizes(), folder.folders()) == (None, {}, set())
    assert not folder.fetch("a", tmp_path / "a", size=1)
    folder.remove("a")
    (tmp_path / "here").write_bytes(b"12345")
    folder.put(tmp_path / "here", "deep/er/b")
    folder.write("a", "ä")
    assert folder.read("a") == "ä"
    assert folder.sizes() == {"a": 2, "deep/er/b": 5}
    assert folder.folders() == {"deep"}
    assert (folder / "deep").sizes() == {"er/b": 5}
    assert folder.fetch("deep/er/b", tmp_path / "back", size=5)
    assert (tmp_path / "back").read_bytes() == b"12345"
    (folder / "deep" / "er").copy("b", folder / "copied", size=5)
    folder.write("a", "other")
    assert (folder / "copied").sizes() == {"b": 5}
    assert folder.read("a") == "other"
    folder.remove("a")
    folder.clear(first=["copied/b"])
    assert (folder.sizes(), folder.folders()) == ({}, set())


@pytest.mark.s3
def test_a_bucket_that_is_not_there_is_named_and_nothing_is_waited_for(server, tmp_path) -> None:
    with pytest.raises(RemoteFailed, match=r"cannot write s3://nowhere/run/a, tried: .*the bucket is there"):
        Remote("s3://nowhere/run").write("a", "b")
    (tmp_path / "file").touch()
    with pytest.raises(RemoteFailed, match=r"cannot upload s3://nowhere/run/a"):
        Remote("s3://nowhere/run").put(tmp_path / "file", "a")


class Failing:
    """A file system that fails so many times."""

    async_impl = False

    def __init__(self, times: int, error: Exception) -> None:
        self.times, self.error, self.calls = times, error, 0

    def cat_file(self, path: str) -> bytes:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return b"text"


def failing(monkeypatch, times: int, error: Exception) -> Failing:
    system, now = Failing(times, error), [0.0]
    monkeypatch.setattr(remote, "_file_system", lambda scheme: system)
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now[-1] + seconds))
    monkeypatch.setattr(time, "monotonic", lambda: now[-1])
    return system


def test_what_may_pass_is_tried_again(monkeypatch) -> None:
    system = failing(monkeypatch, 3, ConnectionResetError("by peer"))
    assert Remote("file:///x").read("a") == "text"
    assert system.calls == 4


def test_patience_ends_and_the_error_says_what_was_tried_how_long(monkeypatch) -> None:
    failing(monkeypatch, 10**6, ConnectionResetError("by peer"))
    with pytest.raises(RemoteFailed, match=r"cannot read file:///x/a, tried for 120 s: ConnectionResetError: by peer"):
        Remote("file:///x").read("a")


def test_what_no_second_try_mends_is_said_at_once_and_without_secrets(monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-operator")
    for error in (PermissionError("of-the-operator"), type("NoCredentialsError", (Exception,), {})("of-the-operator")):
        system = failing(monkeypatch, 10**6, error)
        with pytest.raises(RemoteFailed, match=r"tried: .*Error: \*\*\*"):
            Remote("file:///x").read("a")
        assert system.calls == 1


@pytest.mark.s3
def test_what_hangs_is_given_up(server, monkeypatch) -> None:
    """Whatever it is of the library that does not return."""
    import asyncio

    import s3fs

    async def hangs(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(s3fs.S3FileSystem, "_cat_file", hangs)
    monkeypatch.setattr(remote, "PATIENCE_S", 0.05)
    with pytest.raises(RemoteFailed, match="cannot read s3://kept/a, tried for 0 s: FSTimeoutError"):
        Remote(f"s3://{BUCKET}").read("a")


def test_a_library_that_is_not_installed_is_named(monkeypatch) -> None:
    monkeypatch.setattr(remote.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RunError, match=r"s3://b/c needs s3fs, .* `pip install raylign\[s3\]`, on every node"):
        require_library("s3://b/c")


def test_what_is_written_is_a_path_or_an_address(tmp_path) -> None:
    assert place_of(str(tmp_path)) == tmp_path
    assert place_of("s3://b/c") == Remote("s3://b/c")
    assert (Remote("s3://b/c") / "d").name == "d"
