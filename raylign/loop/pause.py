"""A run that is asked to pause gives up what it waits for, not what it has made.

What can be made again from the last step is given up at once: generation, verdicts, scores, an evaluation. A step of
the trainer is ended. Then a checkpoint holds all steps made, so the run goes on to the same bits.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from raylign.errors import Paused

A = TypeVar("A")


class Pause:
    """Of one run. Whoever wants it asks; the loop heeds it where it can keep what it has made."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._heeded = False

    def ask(self) -> bool:
        """Whether the run ends by `Paused`. Else no step is under way, and nothing is lost by cancelling it."""
        self._asked.set()
        return self._heeded

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Here the loop makes steps. Left by `Paused`, the run is still on its way out."""
        self._heeded = True
        try:
            yield
        except Paused:
            raise
        except BaseException:
            self._heeded = False
            raise
        else:
            self._heeded = False

    async def unless(self, work: Coroutine[Any, Any, A]) -> A:
        """What ``work`` comes to. Raises `Paused` in its place once that is asked for; ``work`` is cancelled then."""
        if self._asked.is_set():
            work.close()
            raise Paused("paused on request")
        doing, asked = asyncio.ensure_future(work), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({doing, asked}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                doing.result()  # what went wrong is said, whatever was asked
            if self._asked.is_set():
                raise Paused("paused on request")
            return await doing
        finally:
            for task in (doing, asked):
                task.cancel()
            await asyncio.gather(doing, asked, return_exceptions=True)
