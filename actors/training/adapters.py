"""LoRA: low-rank adapters on a policy, the weights of the merged model, and the adapters as peft reads them."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model, get_peft_model_state_dict
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from actors.training.adapted_linear import ADAPTER, AdaptedLinear, merge
from raylign.errors import SpecError
from raylign.spec.parts import LoRA

PREFIX = "base_model.model."


def add_adapters(model: PreTrainedModel, lora: LoRA) -> PeftModel:
    """Freeze the model and put adapters on its target modules. Raises `SpecError` for targets it cannot adapt."""
    targets = lora.targets if isinstance(lora.targets, str) else list(lora.targets)
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM, r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules=targets
    )
    config._register_custom_module({torch.nn.Linear: AdaptedLinear, Conv1D: AdaptedLinear})
    try:
        adapted = get_peft_model(model, config, autocast_adapter_dtype=False)  # in the model's precision
    except ValueError as error:
        raise SpecError(f"policy.lora.targets {lora.targets!r} do not fit the model: {error}") from error
    for name, module in adapted.named_modules():
        if isinstance(module, BaseTunerLayer) and not isinstance(module, AdaptedLinear):
            raise SpecError(f"policy.lora.targets {lora.targets!r}: {name!r} is no linear layer; leave it out")
    return adapted


def merge_adapters(layers: Mapping[str, AdaptedLinear], tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of the plain model, adapters added in: those that its layers compute with, to the bit.

    ``layers``: all that are adapted, by name. ``tensors``: parameters by name, of a layer all or none. Names of the
    result are those of the model without adapters.
    """
    merged = {plain(name): tensor for name, tensor in tensors.items() if ".lora_" not in name}
    for base in [name for name in tensors if name.endswith(".base_layer.weight")]:
        name = base.removesuffix(".base_layer.weight")
        layer = layers[name]
        merged[plain(base)] = merge(
            tensors[base],
            tensors[f"{name}.lora_A.{ADAPTER}.weight"],
            tensors[f"{name}.lora_B.{ADAPTER}.weight"],
            layer.scale,
            transposed=layer.transposed,
        )
    return merged


def save_adapters(model: PeftModel, tensors: Mapping[str, Tensor], base: str, directory: Path) -> None:
    """Write what ``PeftModel.from_pretrained(base, directory)`` reads. ``tensors``: as for `merge_adapters`."""
    directory.mkdir(parents=True, exist_ok=True)
    adapters = get_peft_model_state_dict(model, state_dict=dict(tensors), adapter_name=ADAPTER)
    save_file({name: tensor.contiguous() for name, tensor in adapters.items()}, directory / "adapter_model.safetensors")
    config = copy.copy(model.peft_config[ADAPTER])
    config.base_model_name_or_path, config.inference_mode = base, True
    config.save_pretrained(directory)


@contextmanager
def without_adapters(model: PeftModel) -> Iterator[None]:
    """The model as it was before it had adapters, for passes without gradient."""
    layers = [layer for _, layer in adapted_layers(model)]
    for layer in layers:
        layer.bare = True
    try:
        yield
    finally:
        for layer in layers:
            layer.bare = False


def adapted_layers(model: torch.nn.Module) -> list[tuple[str, AdaptedLinear]]:
    """By name."""
    return [(name, module) for name, module in model.named_modules() if isinstance(module, AdaptedLinear)]


def plain(name: str) -> str:
    """A parameter's name in the model without adapters."""
    return name.removeprefix(PREFIX).replace(".base_layer.", ".")
