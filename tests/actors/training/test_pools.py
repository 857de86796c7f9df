"""Ranks that fail together: the one that died is the reason, whoever spoke first."""

import asyncio

import pytest

from actors.training.pools import _all
from raylign.errors import WorkerFailed, WorkerLost


async def fail(error: Exception, *, after: float) -> None:
    await asyncio.sleep(after)
    raise error


async def test_a_rank_that_lost_its_peer_is_not_blamed() -> None:
    broken = fail(WorkerFailed("policy/0: connection closed by peer"), after=0)
    with pytest.raises(WorkerLost, match="policy/1 died"):
        await _all([broken, fail(WorkerLost("policy/1 died"), after=0.05)])


async def test_a_rank_that_fails_alone_is_named_though_others_wait() -> None:
    with pytest.raises(WorkerFailed, match="policy/0: bad tokens"):
        await _all([fail(WorkerFailed("policy/0: bad tokens"), after=0), asyncio.sleep(60)], grief_s=0.05)
