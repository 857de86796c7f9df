"""Buckets on their way: who comes late begins at the first; many come in few waves."""

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


async def test_waves_bring_every_bucket_once_the_first_alone_and_thousands_in_a_hundred() -> None:
    published = Published()
    for bucket in range(2_200):  # 140 GB in buckets of 64 MiB
        await published.add(bucket)
    await published.close()
    waves = [(wave, last) async for wave, last in published.waves()]
    assert [bucket for wave, _ in waves for bucket in wave] == list(range(2_200))
    assert [len(wave) for wave, _ in waves[:9]] == [1] * 9
    assert len(waves) <= 110
    assert [last for _, last in waves] == [False] * (len(waves) - 1) + [True]
    assert [len(wave) async for wave, _ in published.waves(at_least=1_500)] == [1_500, 700]
