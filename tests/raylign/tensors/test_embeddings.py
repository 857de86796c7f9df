"""Embeddings: the last layer's state at the last token, whatever shares its batch."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from benchmarks.tiny_models import make_policy
from raylign.tensors.embeddings import batched_embeddings

PAIRS = [((5, 6, 7), (8, 9)), ((5,), (10, 11, 12, 9)), ((5, 6), (8,))]


def test_an_embedding_is_the_state_that_the_head_reads_after_the_last_token(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(make_policy(tmp_path))
    together = batched_embeddings(model, PAIRS, tokens_per_batch=100)
    for (prompt, response), found in zip(PAIRS, together, strict=True):
        with torch.no_grad():
            alone = model(torch.tensor([[*prompt, *response]]), output_hidden_states=True)
        assert list(found) == pytest.approx(alone.hidden_states[-1][0, -1].tolist(), abs=1e-5)
        logits = model.lm_head(torch.tensor(list(found)))
        assert logits.tolist() == pytest.approx(alone.logits[0, -1].tolist(), abs=1e-4)


def test_batches_and_order_do_not_matter(tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(make_policy(tmp_path))
    whole = batched_embeddings(model, PAIRS, tokens_per_batch=100)
    assert batched_embeddings(model, PAIRS[::-1], tokens_per_batch=100)[::-1] == whole
    for ours, alone in zip(whole, batched_embeddings(model, PAIRS, tokens_per_batch=1), strict=True):
        assert list(ours) == pytest.approx(list(alone), abs=1e-5)
    assert batched_embeddings(model, [], tokens_per_batch=1) == []
