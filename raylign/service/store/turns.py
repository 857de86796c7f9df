"""Whose turn it is to write."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator

from raylign.errors import StoreUnavailable


class Turns:
    """A lock given in the order in which it was asked for.

    SQLite lets writers poll for its own lock, and one that writes again and again can starve the others for ever.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        """Who stands first holds the turn; an event is set once its owner is first."""

    @contextlib.contextmanager
    def take(self, timeout_s: float) -> Iterator[None]:
        """Hold the turn. Raises `StoreUnavailable` when it does not come within ``timeout_s`` seconds."""
        mine = threading.Event()
        with self._guard:
            self._queue.append(mine)
            self._queue[0].set()
        try:
            if not mine.wait(timeout_s):
                raise StoreUnavailable(
                    f"the job store is busy: no turn to write came within {timeout_s:g} s; try again"
                )
            yield
        finally:
            with self._guard:
                self._queue.remove(mine)
                if self._queue:
                    self._queue[0].set()
