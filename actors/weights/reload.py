"""New weights into a running vLLM model, in place, with what vLLM 0.32's own reload forgets on CPU put right.

Forgotten are the matrix-multiply handle of a tied output layer, which keeps the old weights, and the interleaving of
expert weights, which the kernel then reads as noise. Both are silent: `actors.weights.landing` is what found them.
"""

from collections import Counter
from typing import Any

from torch import nn

from actors.weights.experts import repack_experts
from actors.weights.weight_update import WeightUpdate


def reload(model_runner: Any, update: WeightUpdate) -> nn.Module:
    """The engine's model, after loading ``update`` into it."""
    model_runner.reload_weights(weights_iterator=update.tensors(), is_checkpoint_format=True)
    model: nn.Module = model_runner.get_model()
    _rebuild_tied_handles(model)
    repack_experts(model)
    return model


def _rebuild_tied_handles(model: nn.Module) -> None:
    """Of output layers that share the embedding's weights; looking up tokens needs no handle."""
    from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead

    layers = [module for module in model.modules() if "cpu_linear" in vars(module) and "weight" in module._parameters]
    sharing = Counter(id(layer._parameters["weight"]) for layer in layers)
    for layer in layers:
        if isinstance(layer, ParallelLMHead) and sharing[id(layer._parameters["weight"])] > 1:
            layer.quant_method.process_weights_after_loading(layer)
