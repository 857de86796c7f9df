"""Settings that would spare an actor memory, each tried alone."""

from collections.abc import Callable, Iterator

from raylign.spec.job import Job
from raylign.spec.parts import LoRA, ReferenceSettings
from raylign.spec.zero import Offload

MOST_RANKS = 64
MOST_PARALLEL = 8
"""GPUs that one machine has, most of the time."""
WORTH = 0.95
"""A change that leaves more than this share of the memory is not named."""


def savings(job: Job, need: Callable[[Job], float]) -> dict[str, float]:
    """Bytes an actor would need, by the change that makes it so, in words. ``need``: what it needs under a job."""
    now = need(job)
    return {change: after for change, changed in _changes(job) if (after := need(changed)) <= WORTH * now}


def _changes(job: Job) -> Iterator[tuple[str, Job]]:
    policy, trainer, rollout = job.policy, job.trainer, job.rollout
    if policy.dtype != "bfloat16":
        yield "`policy.dtype: bfloat16`", _with(job, policy=policy.model_copy(update={"dtype": "bfloat16"}))
    if policy.lora is None:
        yield "`policy.lora`", _with(job, policy=policy.model_copy(update={"lora": LoRA()}))
    if trainer.offload is None:
        stage = max(trainer.sharding, 1)
        more = "" if stage == trainer.sharding else f" and `trainer.zero_stage: {stage}`"
        offload = Offload(optimizer="cpu")
        yield f"`trainer.offload.optimizer: cpu`{more}", _trained(job, offload=offload, zero_stage=stage)
    if not trainer.gradient_checkpointing:
        yield "`trainer.gradient_checkpointing`", _trained(job, gradient_checkpointing=True)
    if fewer := trainer.tokens_per_microbatch // 4:
        yield f"`trainer.tokens_per_microbatch: {fewer}`", _trained(job, tokens_per_microbatch=fewer)
    if job.scores_reference and not job.hosts_reference:
        there = job.reference or ReferenceSettings(where="trainer")
        hosted = there.model_copy(update={"where": "trainer", "replicas": 1})
        beside = _with(job, reference=hosted)
        if beside.lends_reference:
            yield "`reference.where: trainer`", beside
        else:
            yield "`reference.where: trainer` and `trainer.zero_stage: 3`", _trained(beside, zero_stage=3)
    for ranks in (2, 8, 32, MOST_RANKS):
        if ranks > trainer.ranks:
            yield f"`trainer.ranks: {ranks}` and `zero_stage: 3`", _trained(job, zero_stage=3, ranks=ranks)
    for parallel in (2, 4, MOST_PARALLEL):
        if parallel > rollout.tensor_parallel:
            changed = rollout.model_copy(update={"tensor_parallel": parallel})
            yield f"`rollout.tensor_parallel: {parallel}`", _with(job, rollout=changed)


def _trained(job: Job, **settings: object) -> Job:
    return _with(job, trainer=job.trainer.model_copy(update=settings))


def _with(job: Job, **parts: object) -> Job:
    return job.model_copy(update=parts)
