"""vLLM's own weight transfer over the object store: the engine it builds, and what it forgets on a CPU."""

from pathlib import Path

import pytest
from engine_process import Call, kept
from landing_cases import start, update, weights

from actors.weights.weight_update import view
from benchmarks.parity import policy

pytestmark = pytest.mark.vllm


def transfer() -> str:
    worker = kept().engine.engine.model_executor.driver_worker.worker
    return type(worker.weight_transfer_engine).__name__


def handles() -> list[int]:
    """Of the embedding and of the output layer that shares its weights."""
    model = kept().engine.engine.model_executor.driver_worker.worker.model_runner.get_model()
    return [id(model.model.embed_tokens.cpu_linear), id(model.lm_head.cpu_linear)]


def test_a_tied_output_layer_computes_with_the_handle_that_the_embedding_got(vllm_process: Call, folder: Path) -> None:
    old, new = (policy(folder, "llama-tied", seed) for seed in (0, 1))
    vllm_process(start, "vllm", old)
    assert vllm_process(transfer) == "ObjectStoreEngine"
    before = vllm_process(handles)
    vllm_process(update, view(weights(new).items()), 0)
    embedding, output = vllm_process(handles)
    assert embedding == output
    assert embedding not in before
