"""All rollout workers as one: requests spread by load, weights published with proof, a dead worker replaced."""

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

from actors.cluster.member import Member
from actors.weights.published import MOST, Published
from raylign.errors import WorkerLost
from raylign.types import Completion, Request
from raylign.workers import PublishReport

FEW = 64
"""Workers to whom a call for each bucket costs the driver less than they gain by taking it in at once."""


class RolloutPool:
    """Implements `raylign.workers.Rollouts`, and the receiving half of `raylign.workers.Weights`."""

    def __init__(self, members: Sequence[Member], *, generate_s: float, publish_s: float) -> None:
        self.members = members
        self.version: int | None = None
        """None: the weights that the workers were started on, the reference's."""
        self._generate_s = generate_s
        self._publish_s = publish_s
        self._published: Published | None = None  # the last version, for workers that start late

    async def generate(self, requests: Sequence[Request]) -> AsyncIterator[list[Completion]]:
        """Completions as they finish, from all workers."""
        arrivals: asyncio.Queue[list[Completion] | BaseException | None] = asyncio.Queue()
        shares = spread(requests, len(self.members))
        running = [
            asyncio.create_task(self._serve(member, share, arrivals))
            for member, share in zip(self.members, shares, strict=True)
            if share
        ]
        try:
            left = len(running)
            while left:
                # All that is there by now goes on as one handful: whoever gets it is asked once.
                there = [await arrivals.get()]
                while not arrivals.empty():
                    there.append(arrivals.get_nowait())
                handful: list[Completion] = []
                for arrival in there:
                    if isinstance(arrival, BaseException):
                        raise arrival
                    if arrival is None:
                        left -= 1
                    else:
                        handful += arrival
                if handful:
                    yield handful
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _serve(
        self,
        member: Member,
        share: Sequence[Request],
        arrivals: "asyncio.Queue[list[Completion] | BaseException | None]",
    ) -> None:
        """One worker's share. A dying worker's replacement is asked for all of it, and tells what is still missing: an
        engine's last bits depend on what it is asked together."""
        missing = {(request.prompt.id, request.index) for request in share}
        try:
            while missing:
                try:
                    async for handful in member.stream(
                        "generate", share, self.version, phase="generate", seconds=self._generate_s
                    ):
                        fresh = [one for one in handful if one.key in missing]
                        missing.difference_update(one.key for one in fresh)
                        if fresh:
                            arrivals.put_nowait(fresh)
                except WorkerLost as lost:
                    await self._revive(member, lost)
            arrivals.put_nowait(None)
        except Exception as error:
            arrivals.put_nowait(error)

    async def receive(self, published: Published, version: int, *, verify_all: bool) -> PublishReport:
        """Bring every worker to ``version``, as its buckets come.

        A worker that dies on the way is started again and given all of them. Raises `PublishFailed`.
        """
        begun = time.perf_counter()
        self._published, self.version = published, version
        proofs = await asyncio.gather(*(self._land(member, verify_all) for member in self.members))
        return PublishReport(
            version=version,
            workers=len(proofs),
            tensors_checked=sum(proof["tensors_checked"] for proof in proofs),
            bytes_sent=sum(proof["bytes"] for proof in proofs),
            seconds=time.perf_counter() - begun,
        )

    async def _land(self, member: Member, verify_all: bool) -> dict[str, Any]:
        try:
            return await self._send(member, verify_all)
        except WorkerLost as lost:
            await member.restart(lost)
            return await self._send(member, True)

    async def _revive(self, member: Member, lost: WorkerLost) -> None:
        """A new worker serves nothing until it holds the present weights; it is lost where nobody kept them for it."""
        if self.version is not None and self._published is None:
            raise lost
        if await member.restart(lost) and self._published is not None:
            await self._send(member, True)

    async def _send(self, member: Member, verify_all: bool) -> dict[str, Any]:
        """What the worker says once all has landed. Some buckets are on their way to it while it takes those before."""
        assert self._published is not None
        end = asyncio.get_running_loop().time() + self._publish_s

        def call(method: str, *args: Any, **settings: Any) -> asyncio.Future[Any]:
            left = end - asyncio.get_running_loop().time()
            return asyncio.ensure_future(member.call(method, *args, phase="publish", seconds=left, **settings))

        before: asyncio.Future[Any] | None = None
        first, at_least = True, min(MOST, -(-len(self.members) // FEW))
        try:
            async for wave, last in self._published.waves(at_least=at_least):
                coming = call("update", self.version, *wave, verify_all=verify_all, first=first, last=last)
                taken, before, first = before, coming, False
                if taken:
                    await taken
            assert before is not None  # there is always a last one
            proof: dict[str, Any] = await before
            return proof
        finally:
            if before:
                before.cancel()


def spread(requests: Sequence[Request], workers: int) -> list[list[Request]]:
    """Each worker's share. A prompt's samples stay together (they share its prefix); the least loaded worker gets the
    next prompt, counted in tokens. A function of the requests alone."""
    by_prompt: dict[str, list[Request]] = {}
    for request in requests:
        by_prompt.setdefault(request.prompt.id, []).append(request)
    shares: list[list[Request]] = [[] for _ in range(workers)]
    loads = [(0, worker) for worker in range(workers)]
    for group in by_prompt.values():
        load, least = loads[0]
        shares[least] += group
        load += len(group[0].prompt.token_ids) + sum(request.max_tokens for request in group)
        heapq.heapreplace(loads, (load, least))
    return shares
