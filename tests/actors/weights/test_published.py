"""Buckets on their way: who comes late begins at the first."""

import asyncio

from actors.weights.published import Published


async def test_who_comes_late_gets_every_bucket_and_who_is_early_waits() -> None:
    published, early = Published(), []

    async def take() -> None:
        early.extend([bucket async for bucket in published])

    taking = asyncio.create_task(take())
    for bucket in "abc":
        await published.add(bucket)
        await asyncio.sleep(0)
    assert not taking.done()
    await published.close()
    await asyncio.wait_for(taking, 5)
    assert early == ["a", "b", "c"] == [bucket async for bucket in published]
