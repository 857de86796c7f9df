"""Mixture-of-experts weights inside vLLM: all experts of a layer in two tensors, w13 (gate over up) and w2 (down).

On CPU the kernel wants them interleaved; on a GPU the Triton kernels take them plain.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

NAME = re.compile(r"(?P<layer>.+\.experts)\.(?P<index>\d+)\.(?P<part>\w+)\.weight")
PARTS = {"gate_proj": "w1", "up_proj": "w3", "down_proj": "w2", "w1": "w1", "w3": "w3", "w2": "w2"}
FUSED = {"w13_weight": ("w1", "w3"), "w2_weight": ("w2",)}
"""Which pieces of each expert a fused parameter is made of, in order."""


def repack_experts(model: nn.Module) -> None:
    """Bring freshly reloaded expert weights into the CPU kernel's layout; nothing to do elsewhere."""
    for layer in model.modules():
        if "w13_weight" in layer._parameters:
            for leaf in FUSED:
                parameter = layer.get_parameter(leaf)
                parameter.data.copy_(_kernel_layout(layer, parameter.data))


def expert_difference(layer: nn.Module, index: int, leaf: str, sent: Mapping[str, Tensor]) -> str:
    """How expert ``index`` of a fused parameter differs from its pieces (``"w1"``: [out, in], ...); empty if not."""
    held = layer.get_parameter(leaf)[index : index + 1]
    pieces = [sent[part] for part in FUSED[leaf]]
    if held.numel() != sum(piece.numel() for piece in pieces):
        return f"{held.numel()} values, not {sum(piece.numel() for piece in pieces)}"
    expected = _kernel_layout(layer, torch.cat(pieces).to(held).unsqueeze(0))
    return "" if torch.equal(held, expected) else f"{int((held != expected).sum())} of {held.numel()} values"


def _kernel_layout(layer: nn.Module, weight: Tensor) -> Tensor:
    if weight.device.type != "cpu":
        return weight
    from vllm._custom_ops import cpu_prepack_moe_weight
    from vllm.model_executor.layers.fused_moe.experts.cpu_moe import CPUUnquantizedExperts

    kernel = layer.quant_method.moe_kernel.fused_experts  # type: ignore[union-attr]
    if not isinstance(kernel, CPUUnquantizedExperts):
        return weight
    return cpu_prepack_moe_weight(weight.contiguous(), kernel.isa)
