"""Weights by Ray's object store into a vLLM engine, through vLLM's own weight transfer, and what vLLM 0.32 forgets on a
CPU put right.

Forgotten are the matrix-multiply handle of a tied output layer, which keeps the old weights, and the interleaving of
expert weights, which the kernel then reads as noise. Both are silent: `actors.weights.landing` is what found them.

vLLM reads its environment when it is imported: only its own workers import this.
"""

from dataclasses import dataclass
from typing import Any

from torch import nn
from vllm.distributed.weight_transfer.base import (
    WeightTransferEngine,
    WeightTransferInitInfo,
    WeightTransferUpdateInfo,
)
from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead
from vllm.model_executor.model_loader.mtp_validation import disable_mtp_completeness_check
from vllm.model_executor.model_loader.reload import finalize_layerwise_reload, initialize_layerwise_reload

from actors.weights.experts import repack_experts
from actors.weights.weight_update import WeightUpdate

NAME = "object_store"
"""By which vLLM knows it."""


@dataclass
class NothingToAgreeOn(WeightTransferInitInfo):
    """Buckets say of themselves what they are."""


@dataclass
class Bucket(WeightTransferUpdateInfo):
    """Some of the weights: the engine reads them where the object store has them."""

    names: list[str]
    """Of its tensors, as all of vLLM's carriers tell them."""
    bucket: WeightUpdate


class ObjectStoreEngine(WeightTransferEngine[NothingToAgreeOn, Bucket]):
    """The receiving half. An update that was left half way is brought to an end before the next begins."""

    init_info_cls = NothingToAgreeOn
    update_info_cls = Bucket
    _open = False

    def init_transfer_engine(self, init_info: NothingToAgreeOn) -> None:
        """Nothing to prepare."""

    def start_weight_update(self) -> None:
        """From now on every layer is put together once all of its weights have come."""
        if self._open:
            finalize_layerwise_reload(self.model, self.model_config)
        self._open = True
        initialize_layerwise_reload(self.model)

    def update_weights(self, update_info: dict[str, Any]) -> None:
        """One bucket. As vLLM's own, which then waits for an accelerator, and there may be none."""
        self.receive_weights(self.parse_update_info(update_info))

    def receive_weights(self, update_info: Bucket) -> None:
        """Load what the bucket has."""
        with disable_mtp_completeness_check():
            self.model.load_weights(update_info.bucket.tensors())

    def finish_weight_update(self) -> None:
        """Put the last layers together, and what they compute with on a CPU."""
        finalize_layerwise_reload(self.model, self.model_config)
        self._open = False
        share_tied_handles(self.model)
        repack_experts(self.model)

    def shutdown(self) -> None:
        """Nothing to release."""


def share_tied_handles(model: nn.Module) -> None:
    """Have an output layer that shares the embedding's weights compute with the handle that the embedding got anew.

    Looking up tokens needs none, so it is the output layer's alone.
    """
    layers = [module for module in model.modules() if "cpu_linear" in vars(module) and "weight" in module._parameters]
    outputs = [layer for layer in layers if isinstance(layer, ParallelLMHead)]
    fresh = {id(layer._parameters["weight"]): layer.cpu_linear for layer in layers if layer not in outputs}
    for layer in outputs:
        layer.cpu_linear = fresh.get(id(layer._parameters["weight"]), layer.cpu_linear)
