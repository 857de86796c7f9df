"""Files that are whole or not there: written aside, synced, then named. Whoever looks sees the old or the new one."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, text: str, *, secret: bool = False, fresh: bool = False) -> None:
    """Write a file of UTF-8 text.

    ``secret``: for its owner alone (0600). ``fresh``: `FileExistsError` where one is. Raises `OSError`.
    """
    with replacing(path, secret=secret, fresh=fresh) as file:
        file.write(text.encode())


@contextlib.contextmanager
def replacing(path: Path, *, secret: bool = False, fresh: bool = False) -> Iterator[BinaryIO]:
    """A file to write in the ``with`` block; it takes ``path``'s place at the end, or vanishes where the block raises.

    It outlives the machine from there on. See `write_whole`.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # two processes may write the same one
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o666), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            os.link(aside, path)
        else:
            aside.replace(path)
        sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Bring names to disk: a synced file without its name is lost with the machine."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
