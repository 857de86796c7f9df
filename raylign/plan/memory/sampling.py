"""Memory of the engines that sample: vLLM, for rollouts and LLM judges, and plain transformers."""

from collections.abc import Sequence

from raylign.judges.askers import Engine
from raylign.plan.memory import activations
from raylign.plan.memory.activations import Batch
from raylign.plan.memory.scoring import PROCESS as TRANSFORMERS
from raylign.plan.memory.terms import GIB, MIB, WIDTHS, Device, Model, Terms, largest, process, published, width_of
from raylign.plan.model_files import ModelInfo
from raylign.spec.job import Job

VLLM = 750 * MIB
"""vLLM, torch, transformers, Ray."""
SEQUENCES = 256
"""That vLLM makes ready to sample at once (`actors.sampling.vllm_engine`)."""
COPIES = 4
"""Of their float32 logits, while it samples."""
RELOAD = 3
"""Times its largest tensor: what vLLM holds beside a model while that takes new weights."""
BATCH = 64
"""Requests that plain transformers samples at once (`actors.sampling.transformers_engine`)."""


def rollout(job: Job, info: ModelInfo, batches: Sequence[Batch], *, device: Device) -> Terms:
    """An engine, on CUDA each of its GPUs and the least it can work in. ``batches``: one sequence of every task."""
    model, parallel = Model(info=info, width=width_of(job)), job.rollout.tensor_parallel
    if job.rollout.engine == "transformers":
        return _transformers(model, batches, device=device)
    reload: Terms = {"reload": RELOAD * model.largest / parallel}
    sampling = _sampling(job, model, batches, parallel=parallel, device=device)
    return _vllm(model, sampling | reload | published(model, device), parallel=parallel, device=device)


def llm_judge(job: Job, asker: Engine, info: ModelInfo, batches: Sequence[Batch], *, device: Device) -> Terms:
    """An engine of judges, in the precision of its files where it has no other; otherwise as `rollout`."""
    dtype = info.dtype if asker.dtype == "auto" else asker.dtype
    model, parallel = Model(info=info, width=WIDTHS.get(dtype, 2)), asker.tensor_parallel
    working = _sampling(job, model, batches, parallel=parallel, device=device)
    return _vllm(model, working, parallel=parallel, device=device)


def _vllm(model: Model, working: Terms, *, parallel: int, device: Device) -> Terms:
    """At work, or loading: files go back to the system once they are read."""
    packed = model.tied if device == "cpu" else 0  # beside the embedding whose weights it has
    weights: Terms = {"weights": (model.weights + packed) / parallel}
    return process(VLLM, device) | weights | largest([working, {"loading": model.info.nbytes * (device == "cpu")}])


def _sampling(job: Job, model: Model, batches: Sequence[Batch], *, parallel: int, device: Device) -> Terms:
    least = max(activations.cache(model.sizes, batch.tokens, width=model.width) for batch in batches) / parallel
    return {
        "KV cache": job.rollout.memory_gb * GIB if device == "cpu" else least,
        "sampling": COPIES * SEQUENCES * model.sizes.vocabulary * 4,
    }


def _transformers(model: Model, batches: Sequence[Batch], *, device: Device) -> Terms:
    """New weights are a second model beside the one that samples."""
    tokens = BATCH * max(batch.tokens for batch in batches)
    held: Terms = {
        "weights": model.weights,
        "KV cache": activations.cache(model.sizes, tokens, width=model.width),
        "sampling": BATCH * model.sizes.vocabulary * (3 * 4 + 2 * 8),  # float32; float64 for the cumulative sum
        "reload": model.weights,
    }
    return process(TRANSFORMERS, device) | held | published(model, device)
