"""Embeddings of whole responses. Shapes: S sequences, L input columns, D hidden size."""

from array import array
from collections.abc import Sequence
from typing import Any

import torch

from raylign.loop.packing import batches
from raylign.tensors.collate import TokenIds, collate

AFTER = 0
"""Any token behind the last one, which nobody reads: what nothing follows is not read either."""


@torch.no_grad()
def batched_embeddings(
    model: Any, pairs: Sequence[tuple[TokenIds, TokenIds]], *, tokens_per_batch: int, device: torch.device | str = "cpu"
) -> list["array[float]"]:
    """What the model's head would read after every (prompt ids, response ids): its last hidden state at the last token.

    Float32, D numbers each, in the pairs' order; the bits do not depend on that. ``model``: of transformers.
    """
    read = [(prompt, (*response, AFTER)) for prompt, response in pairs]
    embeddings = [array("f")] * len(pairs)
    for members in batches(read, tokens_per_batch):
        batch = collate([read[i] for i in members], device=device)
        hidden_SLD = model.base_model(
            input_ids=batch.input_ids_SL,
            attention_mask=batch.attention_mask_SL,
            position_ids=batch.position_ids_SL,
            use_cache=False,
        ).last_hidden_state
        before = batch.input_ids_SL.shape[1] - batch.target_ids_ST.shape[1]
        for row_LD, i in zip(hidden_SLD, members, strict=True):
            last_D = row_LD[before + len(pairs[i][1])]
            embeddings[i] = array("f", last_D.float().cpu().tolist())
    return embeddings
