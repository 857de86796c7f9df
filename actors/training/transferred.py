"""The way of weights from GPU to GPU as the driver sees it: all ranks send, and what landed is proven as always."""

import asyncio
import time
from collections.abc import Sequence

from actors.cluster.crew import together
from actors.cluster.member import Member
from actors.sampling.rollout_pool import RolloutPool
from actors.training.pools import all_ranks, export
from actors.weights.gpu_transfer import Route
from actors.weights.published import Published
from raylign.workers import PublishReport


class TransferredWeights:
    """Implements `raylign.workers.Weights`: engines take what the trainer's ranks send by vLLM's own transfer.

    Afterwards the weights come once more, bucket by bucket by the object store, and engines compare with them a sample
    of what they hold: the judge of a carrier is not the carrier. A rollout worker that dies costs the fleet, as a lost
    rank does: nobody can join those that have joined.
    """

    def __init__(self, trainers: Sequence[Member], rollouts: RolloutPool, route: Route) -> None:
        self.trainers = trainers
        self.rollouts = rollouts
        self._route = route
        self._joined = False

    async def publish(self, version: int, *, verify_all: bool = False) -> PublishReport:
        begun, seconds = time.perf_counter(), self._route.seconds
        if not self._joined:
            await self._ranks("open_transfer", self._route)
            self._joined = True
        members = self.rollouts.members
        begin = [
            member.call("begin_update", version, verify_all=verify_all, phase="publish", seconds=seconds)
            for member in members
        ]
        await together(*begin)
        self.rollouts.version = version
        await self._ranks("send_weights")
        published = Published()
        sent = export(self.trainers, published, bucket_bytes=self._route.bucket_bytes, seconds=seconds)
        proofs = (await all_ranks([asyncio.gather(*(self._prove(member, published) for member in members)), sent]))[0]
        return PublishReport(
            version=version,
            workers=len(proofs),
            tensors_checked=sum(proof["tensors_checked"] for proof in proofs),
            bytes_sent=sum(proof["bytes"] for proof in proofs),
            seconds=time.perf_counter() - begun,
        )

    async def _prove(self, member: Member, published: Published) -> dict[str, int]:
        async for wave, _ in published.waves():
            if wave:
                await member.call("compare", *wave, phase="publish", seconds=self._route.seconds)
        proof: dict[str, int] = await member.call("finish_update", phase="publish", seconds=self._route.seconds)
        return proof

    async def _ranks(self, method: str, *args: object) -> None:
        seconds = self._route.seconds
        await all_ranks([one.call(method, *args, phase="publish", seconds=seconds) for one in self.trainers])
