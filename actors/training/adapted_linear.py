"""A linear layer with a low-rank update that computes with the merged weight, rounded as it is published.

An update much smaller than the weight's own rounding is lost when both become one tensor. A layer that adds the
update's product to the weight's would train a policy that nobody samples from; this one multiplies by the very tensor
that is published. The gradient passes the rounding as if it were none, as in all training of weights in low precision.
"""

from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812
from transformers.pytorch_utils import Conv1D

ADAPTER = "default"


class AdaptedLinear(Linear):
    """peft's layer over ``torch.nn.Linear`` or ``Conv1D``, with one adapter that has no dropout."""

    bare = False
    """Whether it is to be the layer that it was before."""

    def forward(self, x: Tensor, *_: Any, **__: Any) -> Tensor:
        """As the plain layer with its merged weight: the same products in the same order."""
        base = self.get_base_layer()
        if self.bare:
            plain: Tensor = base(x)
            return plain
        y: Tensor = _Product.apply(
            x, base.weight, base.bias, self._weight(self.lora_A), self._weight(self.lora_B), self.scale, self.transposed
        )
        return y

    @property
    def scale(self) -> float:
        """alpha / rank."""
        return float(self.scaling[ADAPTER])

    @property
    def transposed(self) -> bool:
        """Whether the weight is [in, out], as GPT-2 keeps it."""
        return isinstance(self.get_base_layer(), Conv1D)

    def used(self) -> list[torch.nn.Parameter]:
        """Parameters of inner modules that `forward` reads without calling those modules."""
        base = self.get_base_layer()
        weights = [base.weight, base.bias, self._weight(self.lora_A), self._weight(self.lora_B)]
        return [parameter for parameter in weights if parameter is not None]

    @staticmethod
    def _weight(adapters: Any) -> Any:
        return adapters[ADAPTER].weight


@torch.no_grad()
def merge(weight: Tensor, down: Tensor, up: Tensor, scale: float, *, transposed: bool) -> Tensor:
    """``weight + scale * up @ down``, summed in float32, in the weight's dtype; [in, out] if ``transposed``."""
    if transposed:
        up, down = down.T, up.T
    whole = weight.to(torch.float32, copy=True)
    return whole.addmm_(up.float(), down.float(), alpha=scale).to(weight.dtype)


class _Product(torch.autograd.Function):
    """Keeps the input and the parameters; the merged weight is made again for the gradient, so no layer keeps one."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        down: Tensor,
        up: Tensor,
        scale: float,
        transposed: bool,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, down, up)
        ctx.scale, ctx.transposed = scale, transposed
        merged = merge(weight, down, up, scale, transposed=transposed)
        if not transposed:
            return F.linear(x, merged, bias)
        assert bias is not None  # Conv1D always has one
        return torch.addmm(bias, x.flatten(0, -2), merged).view(*x.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """d loss / d (x, weight, bias, down, up, scale, transposed); weight and bias are frozen."""
        x, weight, down, up = ctx.saved_tensors
        rows, grads = x.flatten(0, -2), grad.flatten(0, -2)
        grad_x = None
        if ctx.needs_input_grad[0]:
            merged = merge(weight, down, up, ctx.scale, transposed=ctx.transposed)
            grad_x = grad @ (merged.T if ctx.transposed else merged)
        grad_down = ctx.scale * (grads @ up).T @ rows
        grad_up = ctx.scale * grads.T @ (rows @ down.T)
        return grad_x, None, None, grad_down, grad_up, None, None
