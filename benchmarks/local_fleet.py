"""The real workers of a run, all in this process and without Ray: engines stay warm over many short runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.util import Finalize
from typing import Any

from actors.cluster.crew import Crew
from actors.judging.judge_pool import JudgePool
from actors.judging.llm_judge import LLMJudgeWorker
from actors.sampling.rollout import RolloutWorker
from actors.sampling.rollout_pool import RolloutPool
from actors.scoring.reference import ReferenceWorker
from actors.scoring.reward import RewardWorker
from actors.training.pools import ObjectStoreWeights, ReferencePool, TrainerGroup
from actors.training.trainer import PolicyTrainer
from actors.training.zero import join_process_group
from raylign.judges.askers import Asker
from raylign.judges.processes import JudgeProcesses
from raylign.rewards.raters import Head
from raylign.spec import Job
from raylign.workers import Fleet

STARTING = 0
"""The version of the starting weights, as a loop publishes them."""


WHOLE = 2**62
"""Bytes of a bucket that holds every tensor."""


class LocalMember:
    """What the pools ask of `actors.cluster.member.Member`, of a plain object. Deadlines do not apply.

    ``aside``: calls are made in a thread of its own, one at a time, for what waits for child processes; others block.
    """

    def __init__(self, worker: Any, *, aside: bool = False) -> None:
        self.worker = worker
        self._thread = ThreadPoolExecutor(1) if aside else None

    async def call(self, method: str, *args: Any, phase: str, seconds: float, **kwargs: Any) -> Any:
        """``worker.method(*args)``."""
        if self._thread is None:
            return self.submit(method, *args, phase=phase, **kwargs)
        made = partial(self.submit, method, *args, phase=phase, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, made)

    def submit(self, method: str, *args: Any, phase: str, **kwargs: Any) -> Any:
        """The same; the result itself stands for the reference to it."""
        return getattr(self.worker, method)(*args, **kwargs)

    def references(self, method: str, *args: Any, phase: str, seconds: float) -> AsyncIterator[Any]:
        """As `stream`: what is yielded stands for the references to it."""
        return self.stream(method, *args, phase=phase, seconds=seconds)

    async def stream(self, method: str, *args: Any, phase: str, seconds: float) -> AsyncIterator[Any]:
        """What the worker's generator yields."""
        for item in getattr(self.worker, method)(*args):
            yield item


class LocalFleets:
    """Fleets for one job after another. Engines, judges and reward models are made once, by the models they hold."""

    def __init__(self) -> None:
        self._kept: dict[Any, LocalMember] = {}
        self._trainer: PolicyTrainer | None = None
        # Trainers that find a group leave it alone; vLLM uses the same, and takes it down when the process ends.
        join_process_group(rank=0, world_size=1, master_addr="127.0.0.1", master_port=0, device="cpu", timeout_s=60)

    def fleet(self, job: Job) -> Fleet:
        """The fleet of a new run: a fresh trainer, and rollout workers that hold the policy's starting weights."""
        if self._trainer is not None:
            self._trainer.shutdown()
        self._trainer = PolicyTrainer(
            job=job, rank=0, world_size=1, master_addr="127.0.0.1", master_port=0, device="cpu", threads=1
        )
        trainers = [LocalMember(self._trainer)]
        deadlines = job.deadlines
        rollouts = RolloutPool([self._rollout(job)], generate_s=deadlines.generate_s, publish_s=deadlines.publish_s)
        (update,) = self._trainer.export(WHOLE)
        rollouts.members[0].worker.update_weights(update, STARTING, verify_all=True)
        rollouts.version = STARTING
        return Fleet(
            rollouts=rollouts,
            judges=JudgePool(job, rules=[self._rules(job)], rewards=self._rewards(job), askers=self._askers(job)),
            reference=ReferencePool(
                Crew([self._reference(job)], restart_s=deadlines.start_s),
                score_s=deadlines.score_s,
                tokens_per_batch=job.trainer.tokens_per_microbatch,
                trainers=trainers,
                publish_s=deadlines.publish_s,
                bucket_bytes=job.weights.bucket_bytes,
            ),
            trainer=TrainerGroup(trainers, deadlines),
            weights=ObjectStoreWeights(
                trainers, rollouts, publish_s=deadlines.publish_s, bucket_bytes=job.weights.bucket_bytes
            ),
        )

    def _rollout(self, job: Job) -> LocalMember:
        # One engine serves all policies of an architecture: weights are published to it anyway.
        def make() -> Any:
            return RolloutWorker(
                model=job.policy.model, dtype=job.policy.dtype, rollout=job.rollout, device="cpu", threads=1
            )

        return self._keep("rollout", make)

    def _reference(self, job: Job) -> LocalMember:
        def make() -> Any:
            return ReferenceWorker(
                model=job.policy.model,
                dtype=job.policy.dtype,
                temperature=job.rollout.temperature,
                tokens_per_microbatch=job.trainer.tokens_per_microbatch,
                device="cpu",
                threads=1,
            )

        return self._keep(("reference", job.policy.model), make)

    def _rewards(self, job: Job) -> list[tuple[Sequence[Head], LocalMember]]:
        """One worker for all, whatever actors the job asks for."""
        heads = job.heads()
        member = self._keep(("reward", *heads), lambda: RewardWorker(heads=heads, device="cpu", threads=1))
        return [(heads, member)] if heads else []

    def _rules(self, job: Job) -> LocalMember:
        judges = [judge for task in job.tasks for judge in task.judges]

        def make() -> JudgeProcesses:
            made = JudgeProcesses(judges, processes=1)
            Finalize(None, made.close, exitpriority=1)  # or a process that ends would wait for its children for ever
            return made

        return self._keep(("rules", repr(judges)), make, aside=True)

    def _askers(self, job: Job) -> dict[Asker, list[LocalMember]]:
        return {asker: [self._keep(("llm", asker), partial(_llm, asker))] for asker in dict.fromkeys(job.engines())}

    def _keep(self, key: Any, make: Callable[[], Any], *, aside: bool = False) -> LocalMember:
        if key not in self._kept:
            self._kept[key] = LocalMember(make(), aside=aside)
        return self._kept[key]


def _llm(asker: Asker) -> LLMJudgeWorker:
    return LLMJudgeWorker(model=asker.model, dtype=asker.dtype, device="cpu", threads=1, memory_gb=0.25)
