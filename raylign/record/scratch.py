"""A directory of this node's own disk, for as long as somebody holds it: where files wait that come from a store or go
to one.

It is below ``TMPDIR``. What a process left that was killed is removed by the next that comes.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Self

from raylign.record.lock import take_lock

PREFIX = "raylign-scratch-"


class Scratch:
    """Such a directory: ``path``."""

    def __init__(self) -> None:
        home = Path(tempfile.gettempdir())
        for left in home.glob(f"{PREFIX}*"):
            try:
                with take_lock(left / "lock"):
                    shutil.rmtree(left, ignore_errors=True)
            except OSError:  # held, or gone meanwhile, or another account's
                continue
        made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=home))
        self._lock = take_lock(made / "lock")
        self._root = made.rename(home / made.name[1:])  # held before it can be found
        self.path = self._root / "files"
        self.path.mkdir()

    def close(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
