"""DeepSpeed, kept to one file: its process group, its configuration, and whole weights out of its shards."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from actors.cluster.interface import interface_towards
from actors.imports import without
from raylign.errors import CheckpointError, RunError
from raylign.plan.memory.training import BUCKET, stage_of
from raylign.record.checkpoint_files import CheckpointFiles
from raylign.spec import Job
from raylign.spec.zero import Offload

TAG = "engine"
"""Directory of DeepSpeed's files below that of the trainer."""


def join_process_group(
    *, rank: int, world_size: int, master_addr: str, master_port: int, device: str, timeout_s: float
) -> bool:
    """Make this process one rank of the trainer; True if the group was made here, False if the process has it already.

    Collectives wait ``timeout_s`` at most. Raises `RunError` when the process belongs to another group.
    """
    # DeepSpeed looks for accelerators when it is imported, and would take a GPU that the job does not use.
    os.environ.setdefault("DS_ACCELERATOR", device)
    os.environ.setdefault("LOCAL_RANK", "0")
    with without("mlflow"):  # its autotuner, which nobody asks, would import it: a second, and 100 MiB
        import deepspeed  # noqa: F401
    if dist.is_initialized():
        if (dist.get_rank(), dist.get_world_size()) != (rank, world_size):
            raise RunError(
                f"rank {rank} of {world_size} cannot start: this process is rank {dist.get_rank()} of "
                f"{dist.get_world_size()} already; give each rank a process"
            )
        return False
    if world_size > 1 and device != "cuda":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface_towards(master_addr))
    dist.init_process_group(
        "nccl" if device == "cuda" else "gloo",
        init_method=f"tcp://{master_addr}:{master_port}",
        rank=rank,
        world_size=world_size,
        timeout=timedelta(seconds=timeout_s),
    )
    return True


def leave_process_group() -> None:
    """Undo `join_process_group`, DeepSpeed's own record of its groups included."""
    import deepspeed

    deepspeed.comm.destroy_process_group()


def compile_nothing() -> None:
    """Do without an operator for single-machine CPU collectives that DeepSpeed would compile on first use: gloo serves
    as well."""
    import deepspeed

    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def into_shards(
    model: torch.nn.Module,
    dtype: str,
    *,
    world_size: int,
    device: str,
    sent: bool = False,
    offload: Offload | None = None,
) -> None:
    """Leave this rank its part of every parameter of ``model``, one parameter after another (ZeRO-3).

    ``sent``: whether there are numbers in it, which rank 0 sends to all.
    """
    import deepspeed

    compile_nothing()
    config = _frozen_config(dtype, world_size=world_size)
    config["zero_optimization"] |= _offloading(offload, device=device)
    with nullcontext() if sent else _nothing_sent():
        deepspeed.zero.Init(module=model, config_dict_or_path=config)


def freeze_engine(model: torch.nn.Module, dtype: str, *, world_size: int) -> Any:
    """An engine over a model in shards that is only read: it gathers each layer for its turn."""
    import deepspeed

    compile_nothing()
    engine, *_ = deepspeed.initialize(
        model=model, config=_frozen_config(dtype, world_size=world_size), dist_init_required=False
    )
    engine.eval()
    return engine


def _frozen_config(dtype: str, *, world_size: int) -> dict[str, Any]:
    return {
        "train_batch_size": world_size,
        "train_micro_batch_size_per_gpu": 1,
        "zero_optimization": {"stage": 3},
        "bf16": {"enabled": dtype == "bfloat16"},
        "steps_per_print": None,
    }


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """DeepSpeed sends rank 0's numbers to all before it cuts them: here there are none yet, and every page of the model
    would be touched for it."""
    from deepspeed.runtime.zero import partition_parameters

    comm = partition_parameters.dist
    send, comm.broadcast = comm.broadcast, lambda *_, **__: None
    try:
        yield
    finally:
        comm.broadcast = send


def own_part(parameter: Any) -> tuple[Tensor, int, int]:
    """What this rank has of a parameter in shards: the tensor, flat, the first of the parameter's numbers that stands
    in it, and how many do; the last ranks' tensors may be longer."""
    part: Tensor = parameter.ds_tensor
    first = min(part.numel() * dist.get_rank(), parameter.ds_numel)
    return part, first, min(part.numel(), parameter.ds_numel - first)


def make_engine(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, job: Job, *, world_size: int, device: str
) -> Any:
    """A DeepSpeed engine whose caller says when gradients are complete: every `step` call is one update."""
    import deepspeed

    compile_nothing()
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    config = engine_config(job, world_size=world_size, trainable=sum(map(numbers, trainable)), device=device)
    engine, *_ = deepspeed.initialize(
        model=model,
        optimizer=optimizer,
        model_parameters=trainable,
        config=config,
        dist_init_required=False,
    )
    if world_size == 1 and config["zero_optimization"]["stage"] == 0:
        # Nobody to sum gradients with; DeepSpeed would still copy all of them into a buffer and back.
        engine.enable_backward_allreduce = False
    return engine


def clips_itself(job: Job) -> bool:
    """Whether DeepSpeed clips gradients and skips steps that are not finite. It does not where it leaves AdamW bare."""
    return job.trainer.sharding > 0 or job.policy.dtype == "bfloat16"


def engine_config(job: Job, *, world_size: int, trainable: int, device: str) -> dict[str, Any]:
    """DeepSpeed's configuration. ``trainable``: numbers that are trained."""
    half = job.policy.dtype == "bfloat16"
    config: dict[str, Any] = {
        "train_batch_size": world_size,
        "train_micro_batch_size_per_gpu": 1,
        "managed_gradient_accumulation": False,
        "zero_optimization": {
            "stage": stage_of(job),
            "overlap_comm": False,
            # A GPU has the whole bucket from the start: none is made larger than what goes into it.
            "reduce_bucket_size": min(BUCKET, trainable),
            **(job.trainer.zero.told if job.trainer.zero else {}),
            **_offloading(job.trainer.offload, device=device),
        },
        "zero_allow_untested_optimizer": True,
        # DeepSpeed's own AdamW for hosts would have to be compiled there, and is another one than elsewhere.
        "zero_force_ds_cpu_optimizer": False,
        "gradient_clipping": job.trainer.max_grad_norm if clips_itself(job) else 0.0,
        "steps_per_print": None,
    }
    if half:
        config["bf16"] = {"enabled": True, "check_grad_overflow": True}
        config["data_types"] = {"grad_accum_dtype": "fp32"}
        config["communication_data_type"] = "fp32"
    return config


def _offloading(offload: Offload | None, *, device: str) -> dict[str, Any]:
    """What is kept on the host: pinned, where a GPU reads it."""
    where = {"device": "cpu", "pin_memory": device == "cuda"}
    kept = {
        "offload_optimizer": offload and offload.optimizer,
        "offload_param": offload and offload.parameters,
    }
    return {part: where for part, wanted in kept.items() if wanted}


def save_engine(engine: Any, directory: Path, files: CheckpointFiles, *, frozen: bool) -> None:
    """This rank's part of optimizer and weights, ``frozen`` ones as well; all ranks must save together."""
    from actors.training.engine_files import EngineFiles

    engine.checkpoint_engine = EngineFiles(files)
    engine.save_checkpoint(str(directory), tag=TAG, save_latest=False, exclude_frozen_parameters=not frozen)
    if engine.global_rank == 0:
        files.adopt(directory, "*.py")  # scripts that DeepSpeed puts beside its shards


def load_engine(engine: Any, directory: Path, *, frozen: bool) -> None:
    """What `save_engine` wrote, with as many ranks or others. Raises `CheckpointError` when it is not there."""
    from actors.training.resharding import load_resharded, read_state

    saved = directory / TAG
    stage, half = engine.zero_optimization_stage(), engine.bfloat16_enabled()
    of_model = [
        f"zero_pp_rank_{rank}_" * (stage == 3) + "mp_rank_00_model_states.pt" for rank in (engine.global_rank, 0)
    ]
    there = [saved / name for name in of_model if (saved / name).is_file()]  # a rank's own, or it is a new one
    if not there:
        raise CheckpointError(
            f"{str(directory.parent)!r} holds no trainer state: {str(saved / of_model[1])!r} is missing"
        )
    model = read_state(there[0])
    before = model["dp_world_size"]
    if stage and before != engine.world_size:
        prefix = "bf16_" * half + "zero_pp_rank"
        files = [saved / f"{prefix}_{rank}_mp_rank_00_optim_states.pt" for rank in range(before)]
        load_resharded(engine, files, model, strict=frozen)
        return
    loaded, _ = engine.load_checkpoint(str(directory), tag=TAG, load_module_strict=frozen)
    if loaded is None:
        raise CheckpointError(f"the trainer state in {str(directory)!r} is not one of ZeRO stage {stage}")


def gather_with(module: torch.nn.Module, parameters: Iterable[torch.nn.Parameter]) -> None:
    """Have ZeRO-3 gather ``parameters`` of other modules whenever ``module`` is at work."""
    import deepspeed

    for parameter in parameters:
        deepspeed.zero.register_external_parameter(module, parameter)


def whole_parameters(
    named: Iterable[tuple[str, torch.nn.Parameter]], *, sharded: bool, kept: bool = True, device: str = "cpu"
) -> Iterator[tuple[str, Tensor]]:
    """(name, weights) of parameters, each whole; all ranks must iterate together when ``sharded`` (ZeRO-3).

    Unsharded weights are views that the next step changes; sharded ones are copies on ``device``. ``kept``: whether
    this rank wants them; one that does not is given empty ones.
    """
    for name, parameter in named:
        with _gathered(parameter) if sharded else nullcontext():
            whole = parameter.detach() if kept else torch.empty(0)
            yield name, whole.to(device, copy=True) if sharded else whole


def numbers(parameter: Any) -> int:
    """How many a parameter has: ZeRO-3 leaves an empty tensor in the place of what it shards."""
    return int(parameter.ds_numel) if "ds_numel" in vars(parameter) else int(parameter.numel())


def shape_of(parameter: Any) -> tuple[int, ...]:
    """Its whole shape, sharded or not."""
    return tuple(parameter.ds_shape if "ds_shape" in vars(parameter) else parameter.shape)


def _gathered(parameter: torch.nn.Parameter) -> Any:
    import deepspeed

    return deepspeed.zero.GatheredParameters([parameter])
