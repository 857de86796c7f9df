"""One version's weights on their way, bucket by bucket, to whoever takes them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

MOST = 32
"""Buckets of a wave: a worker's node holds two waves while it takes them in."""


class Published:
    """References to buckets, in the order in which they come. Whoever comes late begins at the first."""

    def __init__(self) -> None:
        self._buckets: list[Any] = []
        self._whole = False
        self._changed = asyncio.Condition()

    async def add(self, bucket: Any) -> None:
        """One more."""
        async with self._changed:
            self._buckets.append(bucket)
            self._changed.notify_all()

    async def close(self) -> None:
        """That was the last."""
        async with self._changed:
            self._whole = True
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Every bucket, once it is there. Ends after the last. Who iterates has a deadline of its own."""
        async for wave, _ in self.waves():
            for bucket in wave:
                yield bucket

    async def waves(self, *, at_least: int = 1) -> AsyncIterator[tuple[list[Any], bool]]:
        """The same, some at a time, and whether those were the last: then perhaps fewer than ``at_least``, or none.

        The first ones come few, so that they are taken in while the next are made; later as many as an eighth of those
        before them, for each wave is a call to every worker, and a large model has thousands of buckets.
        """
        at, last = 0, False
        while not last:
            async with self._changed:
                await self._changed.wait_for(lambda at=at: len(self._buckets) >= at + at_least or self._whole)  # type: ignore[misc]
            wave = self._buckets[at : at + max(at_least, min(at // 8, MOST))]
            at += len(wave)
            last = self._whole and at == len(self._buckets)
            yield wave, last
