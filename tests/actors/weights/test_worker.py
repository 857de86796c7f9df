"""Buckets into a vLLM engine: what is left half way serves nothing, and does not hinder what comes next."""

from pathlib import Path
from typing import Any

import pytest
import torch
from engine_process import Call, kept
from landing_cases import plain, score, serve, start, weights

from actors.weights.weight_update import view
from benchmarks.parity import policy
from raylign.errors import RunError

pytestmark = pytest.mark.vllm


@pytest.fixture(scope="module")
def call(vllm_process: Call) -> Call:
    return vllm_process


def in_buckets(sent: dict[str, torch.Tensor], version: int, tensors: int) -> dict[str, Any]:
    """The update, so many tensors at a time."""
    kept().begin_update(version, verify_all=True)
    rows = list(sent.items())
    for at in range(0, len(rows), tensors):
        kept().take(view(rows[at : at + tensors]))
    return kept().finish_update()


def broken_off(sent: dict[str, torch.Tensor], version: int) -> None:
    kept().begin_update(version)
    kept().take(view(list(sent.items())[:7]))


@pytest.mark.parametrize("architecture", ["llama-tied", "qwen3_moe"])
def test_a_publish_that_stops_half_way_serves_nothing_and_the_next_one_lands(
    call: Call, folder: Path, architecture: str
) -> None:
    """Buckets cut fused layers and experts where they please."""
    old, new = (policy(folder, architecture, seed) for seed in (0, 1))
    call(start, "vllm", old)
    call(broken_off, weights(new), 0)
    for version in (None, 0):
        with pytest.raises(RunError, match="last update failed after the weights it was started on"):
            call(serve, version)
    for tensors in (2, 5):
        proof = call(in_buckets, weights(new), tensors, tensors)
        assert proof["tensors"] == proof["tensors_checked"] == len(weights(new))
        assert call(score) == pytest.approx(plain(new), abs=1e-4)
        assert call(serve, tensors) == 1
