"""What DeepSpeed's ZeRO is told of a trainer: what it keeps elsewhere than on a GPU, and its own numbers."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from raylign import bounds
from raylign.settings import Spec

OFFLOADING = "`trainer.offload` says what is kept elsewhere"
ONE_WAY = "checkpoints and resharding know one way of laying states out"
DECIDED: Mapping[str, str] = {
    "compute_grad_norm": "every step tells its gradient's norm, and is clipped by it",
    "cpu_offload": OFFLOADING,
    "cpu_offload_param": OFFLOADING,
    "cpu_offload_use_pin_memory": OFFLOADING,
    "elastic_checkpoint": ONE_WAY,
    "enable_sanity_checks": "they are for who develops DeepSpeed",
    "ignore_unused_parameters": "losses with weights of their own leave these without a gradient in some steps",
    "leaf_module": "modules are gathered as they compute",
    "legacy_stage1": "DeepSpeed has it no more",
    "load_from_fp32_weights": "a run goes on from the weights that it had, to the bit",
    "log_trace_cache_warnings": "they are for who develops DeepSpeed",
    "memory_efficient_linear": "adapters have a linear layer of their own",
    "offload_optimizer": OFFLOADING,
    "offload_param": OFFLOADING,
    "override_module_apply": "models are made before they are cut into shards",
    "parameter_alignment": ONE_WAY,
    "pipeline_loading_checkpoint": "ranks read their shares side by side",
    "round_robin_gradients": ONE_WAY,
    "save_muon_momentum_buffer_in_memory": "the optimizer is AdamW",
    "stage": "`trainer.zero_stage` says it",
    "stage3_gather_16bit_weights_on_model_save": "policies are saved bucket by bucket, never gathered",
    "stage3_gather_fp16_weights_on_model_save": "policies are saved bucket by bucket, never gathered",
    "zenflow": "a step is one update over all its examples",
    "zero_hpz_partition_size": ONE_WAY,
    "zero_quantized_gradients": "gradients are summed in float32",
    "zero_quantized_nontrainable_weights": "what is trained is what is sampled from, to the digit",
    "zero_quantized_weights": "what is trained is what is sampled from, to the digit",
}
"""Keys of DeepSpeed's that are not a job's to set, and why."""


class Offload(Spec):
    """What a rank of the trainer keeps off its GPU, by ZeRO: larger models, slower steps. AdamW then runs on the host:
    torch's, the very one that runs elsewhere."""

    optimizer: Literal["cpu"] | None = None
    """Float32 weights, moments and gradients: on the host, where the update is computed."""
    parameters: Literal["cpu"] | None = None
    """The weights that the GPU computes with: on the host, gathered layer by layer. For ZeRO-3."""

    @model_validator(mode="after")
    def _is_something(self) -> "Offload":
        if self.optimizer is None and self.parameters is None:
            raise ValueError("`trainer.offload` says nothing: `{optimizer: cpu}`, or leave it out")
        return self


class Zero(Spec):
    """DeepSpeed's own numbers, by its own names (``zero_optimization``); those that are absent are as raylign or else
    DeepSpeed has them."""

    reduce_bucket_size: int | None = Field(default=None, ge=1, le=bounds.NUMBERS)
    """Numbers whose gradients are summed over ranks at once; 500 million, or all that is trained where that is less."""
    allgather_bucket_size: int | None = Field(default=None, ge=1, le=bounds.NUMBERS)
    """Numbers that ranks give each other at once after a step, of ZeRO-1 and 2."""
    allgather_partitions: bool | None = None
    """Whether they give them all together, or one rank after the other."""
    reduce_scatter: bool | None = None
    """Whether a rank is given its own share of a sum, or all of it."""
    use_multi_rank_bucket_allreduce: bool | None = None
    """Whether several ranks' buckets are summed together: for small models on many GPUs."""
    overlap_comm: bool | None = None
    """Sum gradients while the backward pass goes on: faster on GPUs, for twice the bucket. Off where absent."""
    contiguous_gradients: bool | None = None
    """Copy gradients into one buffer as they come."""
    sub_group_size: int | None = Field(default=None, ge=1, le=bounds.NUMBERS)
    """Numbers of one update, of ZeRO-3: a smaller one needs less memory beside what it updates."""
    stage3_prefetch_bucket_size: int | None = Field(default=None, ge=0, le=bounds.NUMBERS)
    """Numbers that are fetched ahead of their use."""
    stage3_param_persistence_threshold: int | None = Field(default=None, ge=0, le=bounds.NUMBERS)
    """Parameters of fewer numbers stay whole on every rank."""
    stage3_model_persistence_threshold: int | None = Field(default=None, ge=0, le=bounds.NUMBERS)
    """Most numbers that stay so."""
    stage3_max_live_parameters: int | None = Field(default=None, ge=0, le=bounds.NUMBERS)
    """Most numbers that are gathered at once; a billion."""
    stage3_max_reuse_distance: int | None = Field(default=None, ge=0, le=bounds.NUMBERS)
    """A parameter that is used again within so many numbers stays gathered."""
    stage3_module_granularity_threshold: int | None = Field(default=None, ge=0, le=bounds.NUMBERS)
    """Modules finer than this are gathered as one."""
    stage3_use_all_reduce_for_fetch_params: bool | None = None
    """Gather by sums, which spares the host work."""
    stage3_allgather_sequential: bool | None = None
    """Gather one parameter at a time, without a bucket: less memory."""

    @model_validator(mode="before")
    @classmethod
    def _are_a_job_s_to_set(cls, given: Any) -> Any:
        for key in given if isinstance(given, Mapping) else ():
            if why := DECIDED.get(key):
                raise ValueError(f"`{key}` is not a job's to set: {why}; leave it out")
        return given

    @property
    def told(self) -> dict[str, int | bool]:
        """Those that the job says, as DeepSpeed reads them."""
        return self.model_dump(exclude_none=True)

    def idle(self, stage: int) -> str | None:
        """A key that is set and does nothing at this stage."""
        return next(
            (key for key in self.told if stage < 3 and (key.startswith("stage3_") or key == "sub_group_size")), None
        )
