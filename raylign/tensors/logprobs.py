"""Log-probabilities of response tokens. Shapes: S sequences, T response columns, V vocabulary, R rows = S * T."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable
from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer

from raylign.loop.packing import batches
from raylign.tensors.collate import Batch, Prompts, TokenIds, collate, repeated_prompts

CausalLM = Callable[..., Any]
"""A transformers causal language model, or what wraps one: called with keywords, answers with ``.logits``."""

CHUNK_ELEMENTS = {"cpu": 2**20, "cuda": 2**24}
"""Float32 copies of logits are made for so many elements at a time: 4 MiB, which a core's cache holds, or 64 MiB."""


def response_logprobs(
    model: CausalLM, batch: Batch, *, temperature: float, ends: Sequence[int] = (), share_prompts: bool = True
) -> Tensor:
    """``log pi(token)`` of every response token at ``temperature``, float32 [S, T], 0 on padding.

    Logits are made at response positions only, by the model's own head. Beside the model's logits, and in the backward
    pass their gradient in the same dtype, no tensor of size V outlives a chunk.

    ``ends``: tokens that end a response, which have no probability where the batch bars its responses from ending.

    ``share_prompts``: read a prompt once that several responses follow, where the model can and that spares enough. A
    batch then takes two forward passes or one; ranks that must all make the same calls cannot share.
    """
    logprobs = [
        token_logprobs(
            part.logits_STV,
            batch.target_ids_ST[:, part.columns],
            temperature=temperature,
            bar=Bar.of(batch.barred_ST, ends, part.columns),
        )
        for part in response_parts(model, batch, share_prompts=share_prompts)
    ]
    return joined(logprobs) * batch.mask_ST


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a model says at some of the response columns."""

    columns: slice
    logits_STV: Tensor
    seen: tuple[Tensor, ...] = ()
    """[S, T, ...] each: what else its answer has to show (`raylign.tensors.watched`)."""


def response_parts(model: CausalLM, batch: Batch, *, share_prompts: bool) -> list[Part]:
    """The model's logits at response positions: in one part, or in two where prompts are read once.

    Two, because joining their logits would copy them.
    """
    if share_prompts and (prompts := repeated_prompts(batch)) and _reads_on(model):
        return _after_shared_prompts(model, batch, prompts)
    width = batch.target_ids_ST.shape[1]
    read = model(
        input_ids=batch.input_ids_SL,
        attention_mask=batch.attention_mask_SL,
        position_ids=batch.position_ids_SL,
        logits_to_keep=width,
        use_cache=False,
    )
    return [Part(columns=slice(None), logits_STV=read.logits, seen=_last(_seen(read), width))]


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Columns of all parts, side by side."""
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), 1)


def _seen(read: Any) -> tuple[Tensor, ...]:
    return getattr(read, "seen", ())


def _last(seen: Sequence[Tensor], columns: int) -> tuple[Tensor, ...]:
    return tuple(one[:, -columns:] for one in seen)


def _reads_on(model: CausalLM) -> bool:
    """Whether the model can read on after a prompt it read before: not where a layer keeps a state (Mamba, LFM2)."""
    policy: Any = getattr(model, "module", model)
    layers = DynamicCache(config=policy.config.get_text_config(decoder=True)).layers
    return not policy._is_stateful and all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in layers)


def _after_shared_prompts(model: CausalLM, batch: Batch, prompts: Prompts) -> list[Part]:
    """Read each prompt once, then all responses with the prompts' keys and values before them."""
    read = model(
        input_ids=prompts.input_ids_QP,
        attention_mask=prompts.attention_mask_QP,
        position_ids=prompts.position_ids_QP,
        logits_to_keep=1,
        use_cache=True,
    )
    # index_select, because the gradient of indexing sums in no fixed order.
    for layer in read.past_key_values.layers:
        layer.keys, layer.values = (kept.index_select(0, prompts.of_S) for kept in (layer.keys, layer.values))
    first = Part(
        columns=slice(1),
        logits_STV=read.logits.index_select(0, prompts.of_S),
        seen=tuple(one.index_select(0, prompts.of_S) for one in _last(_seen(read), 1)),
    )
    width = prompts.input_ids_QP.shape[1]
    rest = model(
        input_ids=batch.input_ids_SL[:, width:],
        attention_mask=batch.attention_mask_SL,
        position_ids=batch.position_ids_SL[:, width:],
        past_key_values=read.past_key_values,
        use_cache=True,
    )
    return [first, Part(columns=slice(1, None), logits_STV=rest.logits, seen=_seen(rest))]


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a response may not end yet, and the tokens that would end it."""

    where_R: Tensor
    ends_E: Tensor

    @classmethod
    def of(cls, barred_ST: Tensor | None, ends: Sequence[int], columns: slice = slice(None)) -> "Bar | None":
        if barred_ST is None or not ends:
            return None
        return cls(barred_ST[:, columns].flatten(), torch.tensor(ends, device=barred_ST.device))

    def put(self, chunk_RV: Tensor, rows: slice, value: float) -> None:
        """``value`` for the ends, in the rows of a chunk where they are barred."""
        (at_B,) = self.where_R[rows].nonzero(as_tuple=True)
        chunk_RV[at_B[:, None], self.ends_E] = value


def token_logprobs(logits_STV: Tensor, target_ids_ST: Tensor, *, temperature: float, bar: Bar | None = None) -> Tensor:
    """``log softmax(logits / temperature)`` at the targets, [S, T], in float32 (float64 for float64 logits).

    Where there is a ``bar``, of the distribution without the tokens that it bars: they may be no target there.
    """
    logprobs: Tensor = _TokenLogprobs.apply(logits_STV, target_ids_ST, temperature, bar)
    return logprobs


@torch.no_grad()
def batched_logprobs(
    model: CausalLM,
    pairs: Sequence[tuple[TokenIds, TokenIds]],
    *,
    temperature: float,
    tokens_per_batch: int,
    barred: Sequence[int] = (),
    ends: Sequence[int] = (),
    device: torch.device | str = "cpu",
    share_prompts: bool = True,
) -> list[tuple[float, ...]]:
    """Log-probs of every response token of (prompt ids, response ids) pairs, without gradient, in the pairs' order.

    ``barred``: how many first tokens of each response could not be one of the ``ends``; none where absent.

    Batches are cut from the pairs sorted by length and content, so the bits do not depend on the order they came in.
    """
    scores: list[tuple[float, ...]] = [()] * len(pairs)
    for members in batches(pairs, tokens_per_batch):
        batch = collate(
            [pairs[i] for i in members], barred=[barred[i] for i in members] if barred else (), device=device
        )
        logprobs_ST = response_logprobs(model, batch, temperature=temperature, ends=ends, share_prompts=share_prompts)
        for i, row in zip(members, logprobs_ST.tolist(), strict=True):
            scores[i] = tuple(row[: len(pairs[i][1])])
    return scores


class _TokenLogprobs(torch.autograd.Function):
    """Keeps the logits and one log-normalizer a row; the softmax is made again, chunk by chunk, for the gradient."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, logits_STV: Tensor, target_ids_ST: Tensor, temperature: float, bar: Bar | None
    ) -> Tensor:
        logits_RV, targets_R = logits_STV.flatten(0, 1), target_ids_ST.flatten()
        dtype = torch.promote_types(logits_STV.dtype, torch.float32)
        normalizer_R = logits_RV.new_empty(len(targets_R), dtype=dtype)
        logprobs_R = torch.empty_like(normalizer_R)
        for rows in chunks(logits_RV):
            scaled_RV = scaled(logits_RV, rows, dtype, temperature, bar)
            normalizer_R[rows] = scaled_RV.logsumexp(-1)
            logprobs_R[rows] = scaled_RV.gather(-1, targets_R[rows, None]).squeeze(-1) - normalizer_R[rows]
        ctx.save_for_backward(logits_STV, target_ids_ST, normalizer_R)
        ctx.temperature, ctx.bar = temperature, bar  # type: ignore[attr-defined]
        return logprobs_R.view(target_ids_ST.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_ST: Tensor) -> tuple[Tensor, None, None, None]:
        """d logprob / d logits = (onehot - softmax) / temperature."""
        logits_STV, target_ids_ST, normalizer_R = ctx.saved_tensors
        logits_RV, targets_R, grad_R = logits_STV.flatten(0, 1), target_ids_ST.flatten(), grad_ST.flatten()
        grad_RV = torch.empty_like(logits_RV)
        for rows in chunks(logits_RV):
            slope_R1 = grad_R[rows, None] / ctx.temperature
            whole_RV = logits_RV[rows].to(normalizer_R.dtype)
            # In place where no rounding follows.
            chunk_RV = grad_RV[rows] if grad_RV.dtype == whole_RV.dtype else torch.empty_like(whole_RV)
            if ctx.temperature != 1:
                whole_RV = torch.div(whole_RV, ctx.temperature, out=chunk_RV)
            torch.sub(whole_RV, normalizer_R[rows, None], out=chunk_RV).exp_().mul_(-slope_R1)
            if ctx.bar is not None:
                ctx.bar.put(chunk_RV, rows, 0.0)
            chunk_RV.scatter_add_(-1, targets_R[rows, None], slope_R1)
            if chunk_RV.dtype != grad_RV.dtype:
                grad_RV[rows] = chunk_RV
        return grad_RV.view(logits_STV.shape), None, None, None


def scaled(logits_RV: Tensor, rows: slice, dtype: torch.dtype, temperature: float, bar: Bar | None) -> Tensor:
    """Those rows' logits over the temperature, minus infinity where they are barred; perhaps the model's own memory."""
    scaled_RV = logits_RV[rows].to(dtype)
    if temperature != 1:
        scaled_RV = scaled_RV / temperature
    if bar is not None:
        scaled_RV = scaled_RV.clone()  # it may be the model's own
        bar.put(scaled_RV, rows, -math.inf)
    return scaled_RV


def chunks(logits_RV: Tensor) -> list[slice]:
    """Rows whose float32 copies are made together."""
    rows = max(1, CHUNK_ELEMENTS[logits_RV.device.type] // logits_RV.shape[1])
    return [slice(start, start + rows) for start in range(0, len(logits_RV), rows)]
