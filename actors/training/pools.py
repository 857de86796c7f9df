"""The trainer's ranks and the reference model as the loop sees them, and the way of weights between workers."""

import asyncio
from array import array
from collections.abc import Sequence
from typing import Any

from actors.cluster.crew import Crew, together
from actors.cluster.member import Member
from actors.sampling.rollout_pool import RolloutPool
from actors.weights.published import Published
from raylign.errors import WorkerFailed, WorkerLost
from raylign.loop.packing import batches
from raylign.remote import Place
from raylign.spec.parts import Deadlines
from raylign.types import Completion, Example, Prompt, StepStats
from raylign.types import Sequence as TokenSequence
from raylign.workers import PublishReport, Sight, WrittenFile

PASSES_PER_CALL = 16
"""Forward passes of the reference under one deadline."""
GRIEF_S = 5.0
"""Seconds for a rank's death to become known after another rank failed."""


IDLE: tuple[tuple[int, ...], tuple[int, ...]] = ((0,), (0,))
"""What a rank reads that has nothing to read."""


class TrainerGroup:
    """Implements `raylign.workers.Trainer` over all ranks. A lost rank loses the group: collectives need them all."""

    def __init__(self, members: Sequence[Member], deadlines: Deadlines) -> None:
        self.members = members
        self._deadlines = deadlines

    async def step(self, step: int, microbatches: Sequence[Sequence[Sequence[Example]]]) -> StepStats:
        calls = [
            member.call("step", step, share, phase="step", seconds=self._deadlines.step_s)
            for member, share in zip(self.members, microbatches, strict=True)
        ]
        stats: StepStats = (await all_ranks(calls))[0]
        return stats

    async def score(self, sequences: Sequence[TokenSequence]) -> list[tuple[float, ...]]:
        # Every rank makes the same passes: where weights are sharded it must, and elsewhere nobody waits longer for it.
        said = await self._everywhere("score", list(sequences), phase="evaluate", seconds=self._deadlines.step_s)
        scores: list[tuple[float, ...]] = said[0]
        return scores

    async def look(self, directory: Place) -> Sequence[Sight]:
        return await self._everywhere("look", directory, phase="look", seconds=self._deadlines.start_s)

    async def save(self, directory: Place) -> Sequence[Sequence[WrittenFile]]:
        return await self._everywhere("save", directory, phase="checkpoint", seconds=self._deadlines.checkpoint_s)

    async def verify(self, directory: Place) -> list[str]:
        found = await self._everywhere("verify", directory, phase="verify", seconds=self._deadlines.checkpoint_s)
        return [damage for rank in found for damage in rank]

    async def load(self, directory: Place) -> None:
        await self._everywhere("load", directory, phase="resume", seconds=self._deadlines.checkpoint_s)

    async def _everywhere(self, method: str, given: Any, *, phase: str, seconds: float) -> list[Any]:
        """By rank, what it answers."""
        return await all_ranks([member.call(method, given, phase=phase, seconds=seconds) for member in self.members])


class ReferencePool:
    """Implements `raylign.workers.Reference`, in calls of bounded size.

    ``tokens_per_batch``: of the model's forward passes. Calls are cut where these are cut anyway, so that not one bit
    of a score depends on it.
    """

    def __init__(
        self,
        crew: Crew,
        *,
        score_s: float,
        tokens_per_batch: int,
        trainers: Sequence[Member],
        publish_s: float,
        bucket_bytes: int,
    ) -> None:
        self.crew = crew
        self._score_s = score_s
        self._tokens_per_batch = tokens_per_batch
        self._trainers = trainers
        self._publish_s = publish_s
        self._bucket_bytes = bucket_bytes
        self._held: str | None = None
        """Said with every question, so that a worker that was started again answers as the one that it stands for."""

    def hold(self, directory: Place | None) -> None:
        self._held = None if directory is None else str(directory)

    async def follow(self, share: float, directory: Place) -> None:
        published = Published()
        await export(self._trainers, published, bucket_bytes=self._bucket_bytes, seconds=self._publish_s)
        buckets = [bucket async for bucket in published]
        asked = (share, str(directory), self._held, *buckets)
        await self.crew.ask("follow", *asked, phase="follow", seconds=self._publish_s)
        self.hold(directory)

    async def score(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[float, ...]]:
        return await self._ask("score", pairs, [completion.barred for _, completion in pairs])

    async def embed(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list["array[float]"]:
        return await self._ask("embed", pairs)

    async def _ask(self, what: str, pairs: Sequence[tuple[Prompt, Completion]], *of_each: Sequence[int]) -> list[Any]:
        """By pair, what a worker says. ``of_each``: more that is told of every pair."""
        rows = _rows(pairs)
        passes = batches(rows, self._tokens_per_batch)

        async def call(asked: Sequence[int]) -> list[Any]:
            told = [[row[at] for at in asked] for row in (rows, *of_each)]
            said: list[Any] = await self.crew.ask(what, *told, self._held, phase=what, seconds=self._score_s)
            return said

        calls = [
            [at for members in passes[start : start + PASSES_PER_CALL] for at in members]
            for start in range(0, len(passes), PASSES_PER_CALL)
        ]
        return _in_order(len(rows), calls, await together(*map(call, calls)))


class HostedReference:
    """Implements `raylign.workers.Reference` where the trainer's ranks hold it: passes are dealt out to them, equally
    many to each."""

    def __init__(self, trainers: Sequence[Member], *, score_s: float, tokens_per_batch: int) -> None:
        self.trainers = trainers
        self._score_s = score_s
        self._tokens_per_batch = tokens_per_batch

    def hold(self, directory: Place | None) -> None:
        """It stands still: a job that has it follow is refused."""

    async def follow(self, share: float, directory: Place) -> None:
        raise NotImplementedError  # refused by the job's own rules

    async def score(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[float, ...]]:
        return await self._ask("score", pairs, [completion.barred for _, completion in pairs])

    async def embed(self, pairs: Sequence[tuple[Prompt, Completion]]) -> list["array[float]"]:
        return await self._ask("embed", pairs)

    async def _ask(self, what: str, pairs: Sequence[tuple[Prompt, Completion]], *of_each: Sequence[int]) -> list[Any]:
        rows, ranks = _rows(pairs), len(self.trainers)
        passes = batches(rows, self._tokens_per_batch)
        answers: list[list[Any]] = []
        for start in range(0, len(passes), ranks * PASSES_PER_CALL):
            asked = passes[start : start + ranks * PASSES_PER_CALL]
            shares = [asked[rank::ranks] for rank in range(ranks)]
            # Who has a pass less makes an idle one: under ZeRO-3 the others need its part of the weights.
            told = [
                [[[row[at] for at in members] for members in share] for row in (rows, *of_each)] for share in shares
            ]
            for of_rank in told:
                missing = len(shares[0]) - len(of_rank[0])
                of_rank[0] += [[IDLE]] * missing
                for row in of_rank[1:]:
                    row += [[0]] * missing
            said = await all_ranks(
                [
                    member.call(f"{what}_reference", *of_rank, phase=what, seconds=self._score_s)
                    for member, of_rank in zip(self.trainers, told, strict=True)
                ]
            )
            answers += [said[at % ranks][at // ranks] for at in range(len(asked))]
        return _in_order(len(rows), passes, answers)


class ObjectStoreWeights:
    """Implements `raylign.workers.Weights`: rank 0 exports into the object store, bucket by bucket, and rollout workers
    read them there."""

    def __init__(
        self, trainers: Sequence[Member], rollouts: RolloutPool, *, publish_s: float, bucket_bytes: int
    ) -> None:
        self.trainers = trainers
        self.rollouts = rollouts
        self._publish_s = publish_s
        self._bucket_bytes = bucket_bytes

    async def publish(self, version: int, *, verify_all: bool = False) -> PublishReport:
        published = Published()
        arriving = self.rollouts.receive(published, version, verify_all=verify_all)
        exporting = export(self.trainers, published, bucket_bytes=self._bucket_bytes, seconds=self._publish_s)
        report: PublishReport = (await all_ranks([arriving, exporting]))[0]
        return report


async def export(trainers: Sequence[Member], published: Published, *, bucket_bytes: int, seconds: float) -> None:
    """Put the present weights into the object store, bucket by bucket: none ever visits the driver.

    Under ZeRO-3 every rank takes part; the others yield nothing.
    """

    async def share(member: Member) -> None:
        async for bucket in member.references("export", bucket_bytes, phase="export", seconds=seconds):
            await published.add(bucket)

    await all_ranks([share(member) for member in trainers])
    await published.close()


def _rows(pairs: Sequence[tuple[Prompt, Completion]]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(prompt.token_ids, completion.token_ids) for prompt, completion in pairs]


def _in_order(count: int, asked: Sequence[Sequence[int]], said: Sequence[Sequence[Any]]) -> list[Any]:
    """By place, of so many, what was said of those that were ``asked`` together."""
    answers: list[Any] = [()] * count
    for places, values in zip(asked, said, strict=True):
        for at, value in zip(places, values, strict=True):
            answers[at] = value
    return answers


async def all_ranks(calls: Sequence[Any], *, grief_s: float = GRIEF_S) -> list[Any]:
    """Every result, or the first failure at once: ranks that wait for a dead one are not waited for."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    except WorkerFailed:
        # A rank that talks to a dead one fails by itself, perhaps before the death is known.
        done, _ = await asyncio.wait(tasks, timeout=grief_s, return_when=asyncio.ALL_COMPLETED)
        for failure in (task.exception() for task in done):
            if isinstance(failure, WorkerLost):
                raise failure from None
        raise
    finally:
        for task in tasks:
            task.cancel()
