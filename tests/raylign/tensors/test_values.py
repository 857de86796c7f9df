"""One number a sequence: the row's own, whatever it is padded with."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from benchmarks.tiny_models import make_reward
from raylign.tensors.values import batched_values, collate_rows, row_values

ROWS = [(2, 30, 31, 1), (2, 40, 41, 42, 43, 44, 45, 1), (2, 50)]


def test_rows_are_padded_behind_and_read_whole() -> None:
    batch = collate_rows([(5, 6, 7), (8,)], padding=9)
    assert batch.input_ids_SL.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch.attention_mask_SL.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert (batch.mask_ST.tolist(), batch.unread) == ([[1], [1]], 0)


def test_a_row_s_value_is_that_of_the_row_alone_and_carries_its_gradient(tmp_path: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(make_reward(tmp_path))
    alone = [model(torch.tensor([row])).logits.item() for row in ROWS]
    values_S1 = row_values(model, collate_rows(ROWS, padding=0))
    assert values_S1[:, 0].tolist() == pytest.approx(alone, abs=1e-6)
    assert values_S1.requires_grad
    batched = batched_values(model, ROWS, tokens_per_batch=8, padding=0)
    assert batched == pytest.approx(alone, abs=1e-6)
    assert batched_values(model, ROWS[::-1], tokens_per_batch=8, padding=0) == batched[::-1]
