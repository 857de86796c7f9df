"""Buckets into a vLLM engine: what is left half way serves nothing, and does not hinder what comes next."""

from pathlib import Path
from typing import Any

import pytest
import torch
from engine_process import Call, kept
from landing_cases import plain, score, serve, start, weights

from actors.weights.weight_update import view
from benchmarks.parity import policy
from raylign.errors import PublishFailed, RunError

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


def transferred(sent: dict[str, torch.Tensor], judged: dict[str, torch.Tensor], version: int) -> dict[str, Any]:
    """The update as a carrier between GPUs brings it, the object store standing in; compared with ``judged``."""
    kept().begin_update(version, verify_all=True)
    bucket = view(sent.items())
    kept().transfer("start", None)
    kept().transfer("update", {"names": list(sent), "bucket": bucket})
    kept().transfer("finish", None)
    with pytest.raises(RunError, match="last update failed"):  # it is not proven yet
        serve(version)
    kept().compare(view(judged.items()))
    return kept().finish_update()


def test_what_another_carrier_brings_is_judged_by_the_object_store(call: Call, folder: Path) -> None:
    old, new = (policy(folder, "llama", seed) for seed in (0, 1))
    call(start, "vllm", old)
    good = weights(new)
    proof = call(transferred, good, good, 0)
    assert proof["tensors"] == proof["tensors_checked"] == len(good)
    assert (call(score), call(serve, 0)) == (pytest.approx(plain(new), abs=1e-4), 1)
    name = "model.layers.0.mlp.up_proj.weight"
    with pytest.raises(PublishFailed, match=f"{name!r} differs from what was sent"):
        call(transferred, {**good, name: good[name] + 1}, good, 1)
    half = dict(list(good.items())[:7])
    with pytest.raises(PublishFailed, match="was not sent"):
        call(transferred, half, half, 2)
    with pytest.raises(RunError, match="last update failed after weights version 0"):
        call(serve, 0)
