"""Ranks that fail together: the one that died is the reason, whoever spoke first."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fakes import make_completion, make_prompt

from actors.training.pools import HostedReference, ReferencePool, all_ranks
from raylign.errors import WorkerFailed, WorkerLost


async def fail(error: Exception, *, after: float) -> None:
    await asyncio.sleep(after)
    raise error


async def test_a_rank_that_lost_its_peer_is_not_blamed() -> None:
    broken = fail(WorkerFailed("policy/0: connection closed by peer"), after=0)
    with pytest.raises(WorkerLost, match="policy/1 died"):
        await all_ranks([broken, fail(WorkerLost("policy/1 died"), after=0.05)])


async def test_a_rank_that_fails_alone_is_named_though_others_wait() -> None:
    with pytest.raises(WorkerFailed, match="policy/0: bad tokens"):
        await all_ranks([fail(WorkerFailed("policy/0: bad tokens"), after=0), asyncio.sleep(60)], grief_s=0.05)


class Rank:
    """A trainer rank that scores a row by what it is, and notes how many passes it made."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    async def call(self, method: str, passes: Any, barred: Any, *, phase: str, seconds: float) -> Any:
        assert (method, phase) == ("score_reference", "score")
        self.passes.append(len(passes))
        return [
            [(prompt[0], response[0], count) for (prompt, response), count in zip(rows, counts, strict=True)]
            for rows, counts in zip(passes, barred, strict=True)
        ]


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("pairs", [0, 1, 5, 80])
async def test_passes_are_dealt_out_equally_and_answers_come_in_order(ranks: int, pairs: int) -> None:
    asked = [
        (make_prompt(number=at), replace(make_completion(make_prompt(), tokens=1 + at % 3), barred=at))
        for at in range(pairs)
    ]
    members = [Rank() for _ in range(ranks)]
    pool = HostedReference(members, score_s=5, tokens_per_batch=12)  # type: ignore[arg-type]
    said = await pool.score(asked)
    assert said == [(prompt.token_ids[0], one.token_ids[0], at) for at, (prompt, one) in enumerate(asked)]
    assert len({tuple(member.passes) for member in members}) == 1


async def test_replicas_share_what_is_to_be_scored() -> None:
    busy = [0, 0]

    class Crew:
        members = ()

        async def ask(self, what: str, rows: Any, barred: Any, held: Any, *, phase: str, seconds: float) -> Any:
            busy[0] += 1
            busy[1] = max(busy)
            await asyncio.sleep(0)
            busy[0] -= 1
            return [(row[1][0], count) for row, count in zip(rows, barred, strict=True)]

    settings = {"score_s": 5, "tokens_per_batch": 8, "trainers": [], "publish_s": 5, "bucket_bytes": 1}
    pool = ReferencePool(Crew(), **settings)  # type: ignore[arg-type]
    asked = [(make_prompt(number=at), replace(make_completion(make_prompt()), barred=at)) for at in range(50)]
    assert await pool.score(asked) == [(one.token_ids[0], at) for at, (_, one) in enumerate(asked)]
    assert busy[1] > 1
