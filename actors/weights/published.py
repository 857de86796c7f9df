"""One version's weights on their way, bucket by bucket, to whoever takes them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any


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
        at = 0
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda at=at: len(self._buckets) > at or self._whole)  # type: ignore[misc]
            if at == len(self._buckets):
                return
            yield self._buckets[at]
            at += 1
