"""Files between a disk and a store, several at a time; and folders of them that are whole or not there.

Who uploads hashed what it wrote; who downloads hashes what came. A folder's list is written last and removed first, so
one that is half there is none.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from raylign.errors import CheckpointError, RemoteFailed
from raylign.record.checkpoint_files import CheckpointFiles, read_back
from raylign.record.scratch import Scratch
from raylign.remote import AT_ONCE, Place, Remote
from raylign.workers import WrittenFile

R = TypeVar("R")

LIST = "files.json"


def upload(root: Path, files: Iterable[WrittenFile], to: Remote) -> None:
    """Bring what lies below ``root`` to the store. Raises `RemoteFailed`."""
    _each(lambda file: to.put(root / file.name, file.name), files)


def download(of: Remote, files: Iterable[WrittenFile], root: Path) -> list[str]:
    """Bring files to the disk; what of them is not what was written. Raises `CheckpointError`."""

    def one(file: WrittenFile) -> str:
        local = root / file.name
        local.parent.mkdir(parents=True, exist_ok=True)
        if not of.fetch(file.name, local, size=file.size):
            return f"{of}/{file.name} is missing"
        came = read_back(root, file.name)
        if came.size != file.size:
            return f"{of}/{file.name} has {came.size} bytes, and {file.size} were written"
        return "" if came == file else f"{of}/{file.name} does not have the sha256 that was written"

    try:
        return [damage for damage in _each(one, files) if damage]
    except RemoteFailed:
        raise
    except OSError as error:
        raise CheckpointError(
            f"cannot put what comes from {of} below {str(root)!r}: {error}; scratch space is below TMPDIR"
        ) from error


def put_folder(root: Path, to: Remote) -> None:
    """A folder of the store with all that lies below ``root``, in the place of one that is there."""
    files = CheckpointFiles(root)
    files.adopt(root)
    to.clear(first=[LIST])
    upload(root, files.written, to)
    list_folder(to, files.written)


def list_folder(folder: Remote, files: Sequence[WrittenFile]) -> None:
    """Make it whole: these are its files."""
    folder.write(LIST, json.dumps([asdict(file) for file in files], indent=1))


def fetch_folder(of: Remote, root: Path) -> None:
    """Bring a folder that is whole below ``root``. Raises `CheckpointError` where it is not."""
    text = of.read(LIST)
    if text is None:
        raise CheckpointError(f"{of} is not there, or not whole: it has no {LIST}")
    try:
        files = [WrittenFile(**file) for file in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{of}/{LIST} is no list of files: {error}") from error
    if damage := download(of, files, root):
        raise CheckpointError(f"{of} is damaged: {'; '.join(damage)}")


@contextmanager
def uploaded(to: Remote) -> Iterator[Path]:
    """The name of a directory to make, on this node's disk; at the end it goes to the store."""
    with Scratch() as scratch:
        made = scratch.path / "made"
        yield made
        put_folder(made, to)


@contextmanager
def here(place: Place) -> Iterator[Path]:
    """The folder that is there, on this node while it is read."""
    if isinstance(place, Path):
        yield place
        return
    with Scratch() as scratch:
        fetch_folder(place, scratch.path)
        yield scratch.path


def is_whole(folder: Remote) -> bool:
    return folder.read(LIST) is not None


def _each(work: Callable[[WrittenFile], R], files: Iterable[WrittenFile]) -> list[R]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="store") as threads:
        return list(threads.map(work, files))
