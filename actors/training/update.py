"""The update of the weights, once a step's gradients wait in the engine: taken, or rehearsed for the norm alone."""

import math
from typing import Any

import torch

from actors.training.zero import clips_itself
from raylign.spec import Job


class NotFiniteError(ArithmeticError):
    """The gradient's norm is not finite; no weight has changed."""


class Update:
    """One rank's; all ranks must make the same calls."""

    def __init__(self, engine: Any, optimizer: torch.optim.Optimizer, job: Job) -> None:
        self._engine, self._optimizer = engine, optimizer
        self._max_norm = job.trainer.max_grad_norm
        self._bare_norm: float | None = None
        if not clips_itself(job):
            optimizer.register_step_pre_hook(self._clip)

    def take(self, rate: float) -> float:
        """Update the weights at this learning rate; the gradient's norm before clipping. Raises `NotFiniteError`."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        return self._step()

    def rehearse(self) -> float:
        """The norm as `take` would find it. The gradients are gone then; weights, moments and counts are as they were.

        It is the update itself, for which the optimizer's gradients are hidden at the last moment: AdamW leaves alone
        what has none. So no sharding needs a second way to a norm. Raises `NotFiniteError`.
        """
        counts = self._engine.global_steps, self._engine.global_samples, self._engine.micro_steps
        hidden: list[tuple[torch.Tensor, torch.Tensor | None]] = []

        def hide(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            for parameter in _parameters(optimizer):
                hidden.append((parameter, parameter.grad))
                parameter.grad = None

        def show(*_: Any) -> None:  # offloaded gradients have one buffer for good, which DeepSpeed looks for there
            for parameter, gradient in hidden:
                parameter.grad = gradient
            hidden.clear()

        hooks = self._optimizer.register_step_pre_hook(hide), self._optimizer.register_step_post_hook(show)
        try:
            return self._step()
        finally:
            for hook in hooks:
                hook.remove()
            self._engine.global_steps, self._engine.global_samples, self._engine.micro_steps = counts

    def _step(self) -> float:
        self._engine.step()
        norm = float(self._engine.get_global_grad_norm()) if self._bare_norm is None else self._bare_norm
        if not self._engine.was_step_applied() or not math.isfinite(norm):
            raise NotFiniteError(norm)
        return norm

    def _clip(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        norm = float(torch.nn.utils.clip_grad_norm_(_parameters(optimizer), self._max_norm))
        if not math.isfinite(norm):
            raise NotFiniteError(norm)
        self._bare_norm = norm


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
