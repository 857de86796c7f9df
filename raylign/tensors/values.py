"""One number for each sequence, as a reward model gives it at the sequence's end. Shapes: S sequences, L columns."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from raylign.loop.packing import batches
from raylign.tensors.collate import Batch, TokenIds

Classifier = Callable[..., Any]
"""A transformers sequence-classification model of one output, or what wraps one: called with keywords, answers with
``.logits``. It reads a row at its last token that is not the padding it names itself, as it does the row alone."""


def collate_rows(rows: Sequence[TokenIds], *, padding: int, device: torch.device | str = "cpu") -> Batch:
    """Sequences padded on the right into a batch with one target each, which stands for its value."""
    width = max(map(len, rows))
    ids_SL = torch.tensor([[*row, *[padding] * (width - len(row))] for row in rows], device=device)
    present_SL = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    return Batch(
        input_ids_SL=ids_SL,
        attention_mask_SL=present_SL,
        position_ids_SL=(present_SL.cumsum(-1) - 1).clamp(min=0),
        target_ids_ST=torch.zeros(len(rows), 1, dtype=torch.long, device=device),
        mask_ST=torch.ones(len(rows), 1, device=device),
        begins_S=[0] * len(rows),
        unread=0,
    )


def row_values(model: Classifier, batch: Batch) -> Tensor:
    """The model's number for every row, float32 [S, 1]."""
    values_S1: Tensor = model(input_ids=batch.input_ids_SL, attention_mask=batch.attention_mask_SL).logits
    return values_S1.float()


@torch.no_grad()
def batched_values(
    model: Classifier,
    rows: Sequence[TokenIds],
    *,
    tokens_per_batch: int,
    padding: int,
    device: torch.device | str = "cpu",
) -> list[float]:
    """Without gradient, in the rows' order; bits do not depend on it."""
    values = [0.0] * len(rows)
    for members in batches([((), row) for row in rows], tokens_per_batch):
        batch = collate_rows([rows[at] for at in members], padding=padding, device=device)
        for at, (value,) in zip(members, row_values(model, batch).tolist(), strict=True):
            values[at] = value
    return values
