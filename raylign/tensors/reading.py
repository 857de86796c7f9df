"""Policy and reference read the same batch: log-probs, how far the two are apart, and what the reference shows."""

from collections.abc import Sequence

import torch
from torch import Tensor

from raylign.losses.terms import Reading
from raylign.tensors.collate import Batch
from raylign.tensors.divergence import token_terms
from raylign.tensors.logprobs import Bar, CausalLM, joined, response_parts
from raylign.tensors.watched import Watched


def read_beside(
    policy: CausalLM,
    reference: Watched,
    batch: Batch,
    *,
    temperature: float,
    ends: Sequence[int] = (),
    share_prompts: bool = True,
) -> tuple[Tensor, Reading]:
    """The policy's `response_logprobs`, [S, T], and the reading of the reference at the same tokens.

    The reference is read first and without gradient: of its pass only logits and what it shows are left.
    """
    with torch.no_grad():
        held = response_parts(reference, batch, share_prompts=share_prompts)
    logprobs, divergences = [], []
    for part, other in zip(response_parts(policy, batch, share_prompts=share_prompts), held, strict=True):
        bar = Bar.of(batch.barred_ST, ends, part.columns)
        targets = batch.target_ids_ST[:, part.columns]
        terms = token_terms(part.logits_STV, other.logits_STV, targets, temperature=temperature, bar=bar)
        logprobs.append(terms[0])
        divergences.append(terms[1])
    seen = [joined(columns) for columns in zip(*(part.seen for part in held), strict=True)]
    states, maps = reference.states_and_maps(seen)
    divergence_ST = joined(divergences) * batch.mask_ST
    return joined(logprobs) * batch.mask_ST, Reading(divergence=divergence_ST, states=states, maps=maps)
