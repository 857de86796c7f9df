"""How far the policy is from the reference at every token, over the whole vocabulary. Shapes as in `logprobs`."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from raylign.tensors.logprobs import Bar, chunks, scaled


def token_terms(
    logits_STV: Tensor, reference_STV: Tensor, target_ids_ST: Tensor, *, temperature: float, bar: Bar | None = None
) -> tuple[Tensor, Tensor]:
    """``log pi`` of the targets, as `token_logprobs` gives it, and ``KL(ref || pi)``, exact; both [S, T], in float32.

    Both at ``temperature``, and of the distributions without the tokens that ``bar`` bars. The gradient flows to the
    policy's logits alone. Beside both models' logits, and the policy's gradient in their dtype, no tensor of size V
    outlives a chunk: so the two are computed together.
    """
    terms: tuple[Tensor, Tensor] = _TokenTerms.apply(logits_STV, reference_STV, target_ids_ST, temperature, bar)
    return terms


class _TokenTerms(torch.autograd.Function):
    """Keeps both models' logits and one log-normalizer of each a row; softmaxes are made again for the gradient."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        logits_STV: Tensor,
        reference_STV: Tensor,
        target_ids_ST: Tensor,
        temperature: float,
        bar: Bar | None,
    ) -> tuple[Tensor, Tensor]:
        logits_RV, reference_RV, targets_R = (
            logits_STV.flatten(0, 1),
            reference_STV.flatten(0, 1),
            target_ids_ST.flatten(),
        )
        dtype = torch.promote_types(logits_STV.dtype, torch.float32)
        normalizer_R = logits_RV.new_empty(len(targets_R), dtype=dtype)
        held_R, logprobs_R, divergence_R = (torch.empty_like(normalizer_R) for _ in range(3))
        for rows in chunks(logits_RV):
            policy_RV = scaled(logits_RV, rows, dtype, temperature, bar)
            normalizer_R[rows] = policy_RV.logsumexp(-1)
            logprobs_R[rows] = policy_RV.gather(-1, targets_R[rows, None]).squeeze(-1) - normalizer_R[rows]
            log_ref_RV = scaled(reference_RV, rows, dtype, temperature, bar)
            held_R[rows] = log_ref_RV.logsumexp(-1)
            log_ref_RV = log_ref_RV - held_R[rows, None]
            gap_RV = log_ref_RV - (policy_RV - normalizer_R[rows, None])
            if bar is not None:
                bar.put(gap_RV, rows, 0.0)  # both have no probability there
            divergence_R[rows] = log_ref_RV.exp_().mul_(gap_RV).sum(-1)
        ctx.save_for_backward(logits_STV, reference_STV, target_ids_ST, normalizer_R, held_R)
        ctx.temperature, ctx.bar = temperature, bar  # type: ignore[attr-defined]
        return logprobs_R.view(target_ids_ST.shape), divergence_R.view(target_ids_ST.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_ST: Tensor, pull_ST: Tensor) -> tuple[Tensor, None, None, None, None]:
        """d logprob / d logits = (onehot - pi) / temperature; d divergence / d logits = (pi - ref) / temperature."""
        logits_STV, reference_STV, target_ids_ST, normalizer_R, held_R = ctx.saved_tensors
        logits_RV, reference_RV, targets_R = (
            logits_STV.flatten(0, 1),
            reference_STV.flatten(0, 1),
            target_ids_ST.flatten(),
        )
        slope_R1, pull_R1 = (grad.flatten()[:, None] / ctx.temperature for grad in (grad_ST, pull_ST))
        grad_RV = torch.empty_like(logits_RV)
        for rows in chunks(logits_RV):
            policy_RV = scaled(logits_RV, rows, normalizer_R.dtype, ctx.temperature, ctx.bar)
            chunk_RV = (policy_RV - normalizer_R[rows, None]).exp_().mul_(pull_R1[rows] - slope_R1[rows])
            ref_RV = scaled(reference_RV, rows, normalizer_R.dtype, ctx.temperature, ctx.bar)
            chunk_RV -= (ref_RV - held_R[rows, None]).exp_().mul_(pull_R1[rows])
            grad_RV[rows] = chunk_RV.scatter_add_(-1, targets_R[rows, None], slope_R1[rows]).to(grad_RV.dtype)
        return grad_RV.view(logits_STV.shape), None, None, None, None
