"""Weights from GPU to GPU by vLLM's own transfer: `nccl`, a broadcast from rank 0 to every engine, and `cuda_ipc`,
memory that trainer and engine share on one GPU. Never run on a GPU: what is shown is what vLLM is told.

Both halves are vLLM's. What is ours: whom it speaks to, under a deadline; where each engine stands among them; and that
weights come a few at a time, out of ZeRO-3's shards (`WeightSource`). vLLM's client gives every engine one rank, for it
knows one engine over several nodes alone; ours are independent of each other, and each begins where the last one ends.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import ray
from ray.exceptions import GetTimeoutError

from raylign.errors import DeadlineExpired

if TYPE_CHECKING:  # the driver, which names the route, has no torch
    from torch import Tensor

Carrier = Literal["object_store", "nccl", "cuda_ipc"]
BACKENDS: Mapping[Carrier, str] = {"object_store": "object_store", "nccl": "nccl", "cuda_ipc": "ipc"}
"""vLLM's names."""
Step = Literal["init", "start", "update", "finish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Of one fleet's weights. The trainer's rank 0 is the first of the processes that nccl joins."""

    carrier: Carrier
    engines: tuple[Any, ...]
    """Actors of the rollout workers, in their order."""
    tensor_parallel: int
    """GPUs of each."""
    master_addr: str
    master_port: int
    bucket_bytes: int
    seconds: float
    """For each word to the engines."""


class Source(Protocol):
    """The policy's weights, whole: `actors.training.whole_weights`."""

    def outline(self) -> "Iterable[tuple[str, Tensor]]":
        """Names, dtypes and shapes, of tensors without memory."""
        ...

    def on_device(self) -> "Iterator[tuple[str, Tensor]]":
        """The same with their numbers, on this rank's GPU. All ranks must iterate."""
        ...


class EngineClient:
    """vLLM's ``VLLMWeightSyncClient``: what a trainer's engine asks of all rollout workers together."""

    def __init__(self, route: Route) -> None:
        self._route = route

    def init_weight_transfer_engine(self, init_info: dict[str, Any]) -> None:
        """Have every engine join, each at ranks of its own."""
        self._tell("init", ranked(init_info, self._route))

    def start_weight_update(self) -> None:
        """From now on nobody serves."""
        self._tell("start", [None] * len(self._route.engines))

    def update_weights(self, update_info: Any) -> None:
        """Some weights, or word of those that are broadcast meanwhile."""
        self._tell("update", [update_info] * len(self._route.engines))

    def finish_weight_update(self, weight_version: str | None = None) -> None:
        """All have come. Versions are ours, and given once the weights are proven."""
        self._tell("finish", [None] * len(self._route.engines))

    def _tell(self, step: Step, payloads: Sequence[Any]) -> None:
        calls = [
            engine.call.options(name=f"rollout.{step}").remote("transfer", step, payload)
            for engine, payload in zip(self._route.engines, payloads, strict=True)
        ]
        try:
            ray.get(calls, timeout=self._route.seconds)
        except GetTimeoutError:
            raise DeadlineExpired(
                f"the rollout workers did not answer {step!r} of {self._route.carrier} within "
                f"{self._route.seconds:g} s. Their logs are in the Ray dashboard; `deadlines.publish_s` is the limit"
            ) from None


def ranked(init_info: dict[str, Any], route: Route) -> list[dict[str, Any]]:
    """By engine, what it is told to join with: one's ranks begin where those of the one before it end."""
    if "rank_offset" not in init_info:
        return [init_info] * len(route.engines)
    first, wide = init_info["rank_offset"], route.tensor_parallel
    return [{**init_info, "rank_offset": first + at * wide} for at in range(len(route.engines))]


def trainer_info(route: Route, rank: int) -> Any:
    """vLLM's description of this trainer rank: ``NCCLTrainerInitInfo`` or ``IPCTrainerInitInfo``."""
    if route.carrier == "nccl":
        from vllm.distributed.weight_transfer.nccl_engine import NCCLTrainerInitInfo

        return NCCLTrainerInitInfo(
            rank=rank,
            master_address=route.master_addr,
            master_port=route.master_port,
            world_size=1 + len(route.engines) * route.tensor_parallel,
            packed=True,
            packed_buffer_size_bytes=route.bucket_bytes,
        )
    from vllm.distributed.weight_transfer.ipc_engine import IPCTrainerInitInfo

    return IPCTrainerInitInfo(rank=rank, packed=True, packed_buffer_size_bytes=route.bucket_bytes)


def open_sender(route: Route, rank: int, weights: Source) -> Any:
    """This rank's ``TrainerWeightTransferEngine``; all ranks must open together. ``send_weights()`` sends the present
    weights, from all ranks."""
    from vllm.distributed.weight_transfer import WeightTransferTrainerFactory

    return WeightTransferTrainerFactory.trainer_init(
        trainer_info(route, rank), client=EngineClient(route), source=weight_source(weights)
    )


def weight_source(weights: Source) -> Any:
    """The policy's weights as vLLM's ``WeightSource``."""
    from vllm.distributed.weight_transfer.base import ParamMeta, WeightSource

    class WholeSource(WeightSource):
        def metadata(self) -> list[ParamMeta]:
            return [ParamMeta(name, tensor.dtype, tuple(tensor.shape)) for name, tensor in weights.outline()]

        def __iter__(self) -> "Iterator[tuple[str, Tensor]]":
            return weights.on_device()

    return WholeSource()
