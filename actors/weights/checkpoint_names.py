"""From a model in memory to the tensors its checkpoint has."""

import re
from collections.abc import Mapping

from torch import Tensor
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion


def checkpoint_tensors(model: PreTrainedModel, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names and shapes that ``model.save_pretrained`` would write, from the model's ``parameters`` by name.

    Tied copies stay out, buffers that are saved come in.
    """
    return converted(model, {**parameters, **saved_buffers(model)})


def saved_buffers(model: PreTrainedModel) -> dict[str, Tensor]:
    """Those that a checkpoint has beside the parameters."""
    saved = model.state_dict().keys()
    return {name: buffer for name, buffer in model.named_buffers() if name in saved}


def converted(model: PreTrainedModel, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a checkpoint makes of some of the model's ``tensors``.

    transformers holds some weights fused or renamed (the experts of Qwen3-MoE); engines want the checkpoint's own
    names.
    """
    ignored = [re.compile(pattern) for pattern in model._keys_to_ignore_on_save or ()]
    kept = {name: tensor for name, tensor in tensors.items() if not any(pattern.search(name) for pattern in ignored)}
    reverted: dict[str, Tensor] = revert_weight_conversion(model, kept)
    return reverted
