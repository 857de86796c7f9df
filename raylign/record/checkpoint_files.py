"""The files one rank writes into a checkpoint: hashed as they go by, synced to disk, and noted.

Only who writes a file knows what it should hold: another process, reading it back, would not notice what the disk made
of it, or that the directory is not the one it was meant for; and it would read terabytes.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from raylign.workers import WrittenFile


def read_back(root: Path, name: str) -> WrittenFile:
    """The file ``root / name`` as it lies there now, synced to disk."""
    with (root / name).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        return WrittenFile(name=name, size=file.tell(), sha256=sha256)


class CheckpointFiles:
    """What one rank writes below ``root``; ``written`` is what it has on disk so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written: list[WrittenFile] = []

    @contextmanager
    def open(self, path: Path) -> Iterator[BinaryIO]:
        """A file to `write` from front to end, and nothing else. Raises what the disk raises."""
        with path.open("wb") as file:
            hashing = _HashingFile(file)
            yield cast(BinaryIO, hashing)
            hashing.flush()
            os.fsync(file.fileno())
        self.written.append(WrittenFile(name=self._name(path), size=hashing.size, sha256=hashing.sha256))

    def adopt(self, folder: Path, pattern: str = "**/*") -> None:
        """Files below a folder that a library has written by itself: read back once, while they are still in memory."""
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
        self.written += [read_back(self.root, self._name(path)) for path in found]

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


class _HashingFile:
    """The writing end of a binary file: hashes and counts what goes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes | memoryview) -> int:
        self._hash.update(data)
        self.size += memoryview(data).nbytes
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()
