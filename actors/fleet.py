"""The fleet of one run: a placement group, one named actor per line of the plan, and nothing left behind.

The only place where workers become Ray actors. Namespace of the actors: the job's id. Names: those of the plan.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import ray
from ray.actor import ActorHandle
from ray.util.placement_group import PlacementGroup, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from actors.cluster.crew import Crew
from actors.cluster.extensions import require_extensions
from actors.cluster.host import host
from actors.cluster.member import Member
from actors.cluster.placement import WAIT_REPORT_S, homes, place
from actors.cluster.within import Wait, within
from actors.judging.judge_pool import JudgePool
from actors.sampling.rollout_pool import RolloutPool
from actors.training.pools import HostedReference, ObjectStoreWeights, ReferencePool, TrainerGroup
from actors.training.transferred import TransferredWeights
from actors.weights.gpu_transfer import Route
from raylign import secrets
from raylign.judges import libraries
from raylign.judges.askers import Asker
from raylign.judges.endpoints import registry
from raylign.plan.plan import ActorPlan, Plan
from raylign.record.events import Emit
from raylign.record.events.payloads import Status, Warned
from raylign.rewards.program import programs
from raylign.spec.actors import Role
from raylign.spec.job import Job
from raylign.workers import Fleet, Reference, Weights

# max_task_retries stays 0: a lost call is retried by the pools, which know what else must happen first.
ACTORS: dict[Role, Any] = {
    "policy": ray.remote(host("actors.training.trainer:PolicyTrainer")),
    "reference": ray.remote(host("actors.scoring.reference:ReferenceWorker")),
    "rollout": ray.remote(host("actors.sampling.rollout:RolloutWorker")),
    "reward": ray.remote(host("actors.scoring.reward:RewardWorker")),
    "judge": ray.remote(host("raylign.judges.processes:JudgeProcesses")),
    "llm-judge": ray.remote(host("actors.judging.llm_judge:LLMJudgeWorker")),
    "endpoint": ray.remote(host("raylign.judges.endpoints.worker:EndpointWorker")),
}


class RayFleet:
    """All actors of one attempt. ``async with RayFleet(...) as fleet: workers = await fleet.start()``."""

    def __init__(self, job: Job, plan: Plan, *, job_id: str, emit: Emit) -> None:
        self.job = job
        self.plan = plan
        self.job_id = job_id
        self.emit = emit
        self.members: dict[Role, list[Member]] = {role: [] for role in ACTORS}
        self._group: PlacementGroup | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def start(self) -> Fleet:
        """Place, create and await every actor. Raises `DeadlineExpired` naming what is not there yet."""
        self._group = await place(self.job, self.plan, job_id=self.job_id, emit=self.emit)
        await require_extensions(self.job, self._group, job_id=self.job_id)
        rendezvous = await self._rendezvous(self._group)
        for bundle, actor in zip(homes(self.job, self.plan), self.plan.actors, strict=True):
            member = Member(
                actor,
                self.job_id,
                self._creator(actor, self._group, bundle, self._arguments(actor, rendezvous)),
                self.job.deadlines.start_s,
                self.emit,
            )
            self.members[actor.role].append(member)
            await member.start()
        await self._all_ready()
        return await self._assembled(self._group)

    async def _assembled(self, group: PlacementGroup) -> Fleet:
        fleet = assembled(self.job, self.members)
        if self.job.weights.carrier == "object_store":
            return fleet
        assert isinstance(fleet.rollouts, RolloutPool)
        return replace(fleet, weights=await self._transferred(fleet.rollouts, group))

    async def _transferred(self, rollouts: RolloutPool, group: PlacementGroup) -> Weights:
        seconds, weights = self.job.deadlines.publish_s, self.job.weights
        address, port = await self._rendezvous(group)
        route = Route(
            carrier=weights.carrier,
            engines=tuple(member.handle for member in rollouts.members),
            tensor_parallel=self.job.rollout.tensor_parallel,
            master_addr=address,
            master_port=port,
            bucket_bytes=weights.bucket_bytes,
            seconds=seconds,
        )
        return TransferredWeights(self.members["policy"], rollouts, route)

    async def _rendezvous(self, group: PlacementGroup) -> tuple[str, int]:
        """Address and free port on the node that will hold policy/0. One rank meets nobody: any port here will do."""
        if self.job.trainer.ranks == 1 and self.job.weights.carrier != "nccl":
            return "127.0.0.1", _address_and_port()[1]
        probe = ray.remote(num_cpus=0)(_address_and_port).options(
            name="policy.rendezvous",
            scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=0),
        )
        wait = Wait(job=self.job_id, worker="policy/0", phase="rendezvous", seconds=self.job.deadlines.start_s)
        found: tuple[str, int] = await within(probe.remote(), wait)
        return found

    def _creator(
        self, actor: ActorPlan, group: PlacementGroup, bundle: int, arguments: dict[str, Any]
    ) -> Callable[[], ActorHandle]:
        options = ACTORS[actor.role].options(
            name=actor.name,
            namespace=self.job_id,
            num_cpus=actor.cpus,
            num_gpus=actor.gpus,
            scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=bundle),
        )
        return lambda: options.remote({**self.job.resources.env, **environment(actor, self.plan.device)}, arguments)

    def _arguments(self, actor: ActorPlan, rendezvous: tuple[str, int]) -> dict[str, Any]:
        job, device = self.job, self.plan.device
        match actor.role:
            case "policy":
                return {
                    "job": job,
                    "rank": actor.index,
                    "world_size": job.trainer.ranks,
                    "master_addr": rendezvous[0],
                    "master_port": rendezvous[1],
                    "device": device,
                    "threads": actor.threads,
                }
            case "reference":
                return {
                    "model": actor.model,
                    "policy": job.policy.model if job.bars_ends else None,
                    "dtype": job.policy.dtype,
                    "temperature": job.rollout.temperature,
                    "tokens_per_microbatch": job.trainer.tokens_per_microbatch,
                    "device": device,
                    "threads": actor.threads,
                }
            case "rollout":
                return {
                    "model": actor.model,
                    "weights": job.other_reference,
                    "dtype": job.policy.dtype,
                    "rollout": job.rollout,
                    "carrier": job.weights.carrier,
                    "device": device,
                    "threads": actor.threads,
                }
            case "reward":
                heads = job.heads_of_workers()[actor.index]
                return {"heads": heads, "device": device, "threads": actor.threads}
            case "judge":
                return {
                    "judges": [judge for task in job.tasks for judge in task.judges],
                    "raters": [part for task in job.tasks for part in programs(task.reward_parts)],
                    "processes": job.judging.processes,
                    "start_s": job.deadlines.start_s,
                }
            case "endpoint":
                name = job.endpoints()[actor.index].endpoint
                return {"name": name, "seconds": job.deadlines.judge_s, "secret": job.secrets.endpoints.get(name)}
            case "llm-judge":
                engine = job.engines()[actor.index]
                return {
                    "model": engine.model,
                    "dtype": engine.dtype,
                    "tensor_parallel": engine.tensor_parallel,
                    "device": device,
                    "threads": actor.threads,
                    "memory_gb": job.rollout.memory_gb,
                }

    async def _all_ready(self) -> None:
        """Wait for all models to load, saying whose are still missing. The first failure is raised at once.

        What a worker warns of in its facts is told once, however many workers say it.
        """
        everyone = [member for members in self.members.values() for member in members]
        waiting = {asyncio.ensure_future(member.ready()): member for member in everyone}
        warned: set[str] = set()
        try:
            left = set(waiting)
            while left:
                names = ", ".join(sorted(waiting[task].name for task in left))
                self.emit(Status(phase="starting actors", detail=f"waiting for {names}"))
                done, left = await asyncio.wait(left, timeout=WAIT_REPORT_S, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    fresh = set(task.result().get("warnings", ())) - warned
                    warned |= fresh
                    for message in sorted(fresh):
                        self.emit(Warned(message=message))
        finally:
            for task in waiting:
                task.cancel()

    def close(self) -> None:
        """End every actor and give the bundles back. May be called twice."""
        for members in self.members.values():
            for member in members:
                member.kill()
            members.clear()
        if self._group is not None:
            remove_placement_group(self._group)
            self._group = None


def assembled(job: Job, members: Mapping[Role, Sequence[Member]]) -> Fleet:
    """All members of a run as the loop sees them; weights go by the object store."""
    deadlines, bucket_bytes = job.deadlines, job.weights.bucket_bytes
    rollouts = RolloutPool(members["rollout"], generate_s=deadlines.generate_s, publish_s=deadlines.publish_s)
    return Fleet(
        rollouts=rollouts,
        judges=JudgePool(
            job,
            rules=members["judge"],
            rewards=list(zip(job.heads_of_workers(), members["reward"], strict=True)),
            askers=_askers(job, members),
        ),
        reference=_reference(job, members),
        trainer=TrainerGroup(members["policy"], deadlines),
        weights=ObjectStoreWeights(
            members["policy"], rollouts, publish_s=deadlines.publish_s, bucket_bytes=bucket_bytes
        ),
    )


def _reference(job: Job, members: Mapping[Role, Sequence[Member]]) -> Reference:
    deadlines, tokens_per_batch = job.deadlines, job.trainer.tokens_per_microbatch
    if job.hosts_reference:
        return HostedReference(members["policy"], score_s=deadlines.score_s, tokens_per_batch=tokens_per_batch)
    return ReferencePool(
        Crew(members["reference"], restart_s=deadlines.start_s),
        score_s=deadlines.score_s,
        tokens_per_batch=tokens_per_batch,
        trainers=members["policy"],
        publish_s=deadlines.publish_s,
        bucket_bytes=job.weights.bucket_bytes,
    )


def _askers(job: Job, members: Mapping[Role, Sequence[Member]]) -> dict[Asker, list[Member]]:
    """Whom questions go to, and through whom each is asked."""
    askers: dict[Asker, list[Member]] = {}
    for engine, member in zip(job.engines(), members["llm-judge"], strict=True):
        askers.setdefault(engine, []).append(member)
    for endpoint, member in zip(job.endpoints(), members["endpoint"], strict=True):
        askers[endpoint] = [member]
    return askers


def environment(actor: ActorPlan, device: str) -> dict[str, str]:
    """What must be set before an actor imports anything."""
    return {
        # Ray sets 1 for actors with less than one CPU; phases take turns, so each may use all of the node's cores.
        "OMP_NUM_THREADS": str(actor.threads),
        # Actors that share cores must not spin while they wait for each other.
        "OMP_WAIT_POLICY": "PASSIVE",
        "KMP_BLOCKTIME": "0",
        "TOKENIZERS_PARALLELISM": "false",
        "DS_ACCELERATOR": device,  # transformers imports DeepSpeed, which looks for its device at once
        **libraries.setting(),
        **registry.setting(),
        **(secrets.setting() if actor.role == "endpoint" else {}),
    }


def _address_and_port() -> tuple[str, int]:
    import socket

    with socket.socket() as free:
        free.bind(("", 0))
        port: int = free.getsockname()[1]
    return ray.util.get_node_ip_address(), port
