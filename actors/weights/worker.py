"""What is asked of a vLLM worker process beside sampling: take new weights, and prove that they landed.

vLLM imports it in each of its workers (``worker_extension_cls``), so the proof runs beside the weights.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from vllm.distributed.weight_transfer import WeightTransferEngineFactory

from actors.weights import experts
from actors.weights.landing import Landing, prove
from actors.weights.object_store import NAME, ObjectStoreEngine
from actors.weights.weight_update import WeightUpdate

WeightTransferEngineFactory.register_engine(NAME, ObjectStoreEngine)


class WeightsExtension:
    """Mixed by vLLM into its worker, whose own methods of weight transfer it uses."""

    model_runner: Any
    start_weight_update: Any
    update_weights: Any
    finish_weight_update: Any

    def begin_landing(self) -> None:
        """Be ready for an update, whatever became of one before."""
        self._weight_update_active = False  # vLLM's own word for one that has no end yet
        self._sent: list[str] = []
        self._names: list[str] = []
        self._kept: dict[str, Tensor] = {}
        self.start_weight_update()

    def take_bucket(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """Load a bucket. ``names``: which of its tensors to compare by value in the end."""
        self.compare_bucket(bucket, names)
        self.receive_transfer({"names": [entry.name for entry in bucket.table], "bucket": bucket})

    def receive_transfer(self, update_info: dict[str, Any]) -> None:
        """Load what vLLM is told of here, whatever carries it."""
        self._sent += update_info["names"]
        self.update_weights(update_info)

    def compare_bucket(self, bucket: WeightUpdate, names: Sequence[str]) -> None:
        """What is sent, of which those in ``names`` are compared by value in the end."""
        self._names += names
        for name, tensor in bucket.tensors():
            # Parts of an expert are read back together, and may come in another bucket.
            if name in names or experts.NAME.fullmatch(name):
                self._kept[name] = tensor

    def end_transfer(self) -> None:
        """Put the weights in place. Nobody knows yet whether they are those."""
        self.finish_weight_update()

    def finish_landing(self, turn: int | None) -> Landing:
        """Put the weights in place, if they are not yet, and prove it; see `prove`."""
        if self._weight_update_active:
            self.finish_weight_update()
        kept, self._kept = self._kept, {}
        return prove(self.model_runner.get_model(), self._sent, kept, self._names, turn)
