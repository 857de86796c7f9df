"""A file that one process holds at a time, and that names it. The death of the process lets go of it."""

import fcntl
import os
from errno import EWOULDBLOCK
from pathlib import Path
from typing import TextIO


def take_lock(path: Path) -> TextIO:
    """Hold ``path`` until the answer is closed. Raises `BlockingIOError` whose ``strerror`` is the holder's pid."""
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise BlockingIOError(EWOULDBLOCK, holder) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
