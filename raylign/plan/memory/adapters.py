"""What LoRA puts on a model, counted from its checkpoint's names and shapes."""

import re
from dataclasses import dataclass

from raylign.plan.model_files import ModelInfo
from raylign.spec.parts import LoRA

WEIGHT = re.compile(r"\.\d+\.(?P<module>(?!.*experts\.\d).+)\.weight$")
"""Of one of the layers: neither embedding nor output layer; no expert, which are one tensor in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """Two thin matrices on each layer that is adapted."""

    parameters: int
    """Of all adapters."""
    covered: int
    """Of the layers below them."""


def adapters(info: ModelInfo, lora: LoRA) -> Adapters:
    """Of the linear layers that ``lora.targets`` name."""
    matrices = [
        tensor
        for name, tensor in info.tensors.items()
        if len(tensor.shape) == 2 and (found := WEIGHT.search(name)) and _targeted(found["module"], lora)
    ]
    return Adapters(
        parameters=sum(lora.rank * sum(tensor.shape) for tensor in matrices),
        covered=sum(tensor.numel for tensor in matrices),
    )


def _targeted(module: str, lora: LoRA) -> bool:
    return lora.targets == "all-linear" or f".{module}".endswith(tuple(f".{target}" for target in lora.targets))
