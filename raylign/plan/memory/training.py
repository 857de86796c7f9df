"""Memory of a rank of the trainer: weights, AdamW, gradients, what the backward pass needs, and what publishing makes.

DeepSpeed 0.19.8 as `actors.training.zero` sets it: from stage 1 on each rank keeps its share of float32 weights,
moments and gradients.
"""

from collections.abc import Sequence

from raylign.plan.memory import activations
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.adapters import Adapters, adapters
from raylign.plan.memory.terms import MIB, Device, Model, Terms, largest, process, published, together, width_of
from raylign.plan.model_files import ModelInfo
from raylign.spec.job import Job

PROCESS = 560 * MIB
"""torch, transformers, DeepSpeed, Ray."""
MASTER, MOMENTS, GRADIENT = 4, 8, 4
"""Bytes a trained parameter: float32 weights, AdamW's moments, float32 gradient."""
LIVE = 10**9
"""Parameters that ZeRO-3 has gathered at once (stage3_max_live_parameters)."""
BUCKET = 500_000_000
"""Most numbers that ZeRO sums over ranks at once (reduce_bucket_size)."""


def policy(job: Job, info: ModelInfo, batches: Sequence[Batch], *, device: Device, rank: int) -> Terms:
    """A rank. ``batches``: the largest microbatch of every task."""
    model, stage = Model(info=info, width=width_of(job)), stage_of(job)
    added = adapters(info, job.policy.lora) if job.policy.lora else None
    trained = added.parameters if added else info.parameters
    whole = model.weights + (added.parameters * model.width if added else 0)
    states, away = _states(job, model, whole=whole, trained=trained), offloaded(job, info)
    if device == "cpu":
        states |= away
    elif away:
        # Below ZeRO-3 gradients are added up on the GPU even where the optimizer is offloaded.
        gone = away.keys() - {"gradients"} if stage < 3 else away.keys()
        states = {name: size for name, size in states.items() if name not in gone}
    if job.reads and not job.lends_reference:
        states["reference"] = model.weights
    if job.hosts_reference and not job.lends_reference:
        states["reference in shards"] = model.weights / job.trainer.ranks
    phases = [
        _backward(job, model, batches, device=device),
        _reduction(job, trained, stage=stage, width=model.width, device=device),
        _publishing(job, model, added, stage=stage, device=device) if rank == 0 else {},
    ]
    working = (
        process(PROCESS, device) | states | together(phases, device) | (published(model, device) if rank == 0 else {})
    )
    if stage < 3 or not comes_whole(info):
        return working
    return largest([working, process(PROCESS, device) | {"weights before ZeRO-3": whole}])


def offloaded(job: Job, info: ModelInfo) -> Terms:
    """What a rank keeps on its host in the place of its GPU."""
    asked, stage, width = job.trainer.offload, stage_of(job), width_of(job)
    if asked is None:
        return {}
    added = adapters(info, job.policy.lora).parameters if job.policy.lora else 0
    share = (added or info.parameters) / job.trainer.ranks
    kept: Terms = {}
    if asked.optimizer:
        # Under ZeRO-3 they are added up in one buffer, and brought to AdamW in another.
        kept |= {"optimizer": share * (MASTER + MOMENTS), "gradients": share * GRADIENT * (2 if stage == 3 else 1)}
        if stage < 3:
            kept["updated weights"] = share * width
    if asked.parameters:
        kept["weights"] = (info.parameters + added) * width / job.trainer.ranks
    return kept


def comes_whole(info: ModelInfo) -> bool:
    """Whether every rank loads the whole model before ZeRO-3 leaves it a share: its tensors are not those of its files,
    for transformers fuses the experts of a mixture."""
    return any(".experts." in name for name in info.tensors)


def checkpoint(job: Job, info: ModelInfo) -> int:
    """Bytes on disk: the policy, and what training goes on from, which has the weights that are trained once more."""
    trained = adapters(info, job.policy.lora).parameters if job.policy.lora else info.parameters
    states = MOMENTS + (MASTER if stage_of(job) else 0)
    return info.parameters * width_of(job) + trained * (width_of(job) + states)


def stage_of(job: Job) -> int:
    """The ZeRO stage that runs.

    In bfloat16 it is 1 at least: DeepSpeed would otherwise sum gradients in bfloat16, and the step would depend on how
    its batch was cut. With weights of a loss it is 2 there: at stage 1 DeepSpeed clears what has a gradient before the
    policy's logits have theirs.
    """
    least = 0 if job.policy.dtype == "float32" else 2 if job.has_learned_loss else 1
    return max(job.trainer.sharding, least)


def _states(job: Job, model: Model, *, whole: float, trained: int) -> Terms:
    """What stays from step to step, and the gradients that microbatches add up."""
    ranks, stage = job.trainer.ranks, stage_of(job)
    if stage == 0:
        return {"weights": whole, "optimizer": trained * MOMENTS, "gradients": trained * GRADIENT}
    shares: Terms = {"optimizer": trained * (MASTER + MOMENTS) / ranks, "gradients": trained * GRADIENT / ranks}
    if stage < 3:
        return {"weights": whole} | shares
    zero = job.trainer.zero
    live = LIVE if zero is None or zero.stage3_max_live_parameters is None else zero.stage3_max_live_parameters
    return {"weights": whole / ranks, "gathered weights": min(whole, live * model.width)} | shares


def _backward(job: Job, model: Model, batches: Sequence[Batch], *, device: Device) -> Terms:
    frozen, again = job.policy.lora is not None, job.trainer.gradient_checkpointing
    return largest(
        {
            "activations": activations.kept(model.sizes, batch, width=model.width, frozen=frozen, checkpointing=again),
            "logits": activations.logits(model.sizes, batch, width=model.width, device=device, gradient=True),
            **_reading(job, model, batch, device=device),
        }
        for batch in batches
    )


def _reading(job: Job, model: Model, batch: Batch, *, device: Device) -> Terms:
    """What is read of the reference beside the policy: its logits, and where masks ask for them all layers' states."""
    if not job.reads:
        return {}
    logits = activations.logits(model.sizes, batch, width=model.width, device=device, gradient=False)
    numbers = model.sizes.layers * model.sizes.hidden if "states" in job.reads else 0
    return {"reading": logits + 2 * batch.tokens * numbers * model.width}


def _reduction(job: Job, trained: int, *, stage: int, width: int, device: Device) -> Terms:
    """Gradients on their way between ranks, beside the share that a rank keeps."""
    zero = job.trainer.zero
    bucket = min(trained, (zero and zero.reduce_bucket_size) or BUCKET) * (2 if zero and zero.overlap_comm else 1)
    match stage:
        case 0:
            return {}
        case 1:
            # On a host the bucket takes the gradients' place as it fills; on a GPU it is there from the start.
            return {"reduction": GRADIENT * (trained + (bucket if device == "cuda" else 0))}
        case _:
            return {"reduction": bucket * (width + GRADIENT)}


def _publishing(job: Job, model: Model, added: Adapters | None, *, stage: int, device: Device) -> Terms:
    """What rank 0 makes of its weights, a bucket at a time, beside the copy in the object store."""
    if stage == 3 and device == "cuda":
        return {}  # out of shards they are made whole on the host
    bucket = max(job.weights.bucket_bytes, model.largest)
    if stage == 3:
        return {"weights to publish": min(model.weights, bucket)}
    return {"merged weights": min(added.covered * model.width, bucket)} if added else {}
