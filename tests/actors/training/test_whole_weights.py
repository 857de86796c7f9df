"""Whole weights, a few at a time: names, shapes and bytes are those of the model that transformers saves."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from actors.loading import load_policy
from actors.training import whole_weights
from actors.training.adapters import add_adapters, merge_adapters
from actors.training.whole_weights import WholeWeights
from benchmarks.parity import ARCHITECTURES, policy
from raylign.spec.parts import LoRA


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_what_comes_is_what_is_saved(folder: Path, architecture: str) -> None:
    directory = policy(folder, architecture, 0)
    model = load_policy(str(directory), dtype="float32", device="cpu")
    weights = WholeWeights(model, model, None, sharded=False, rank=0)
    came, saved = dict(weights), load_file(directory / "model.safetensors")
    assert came.keys() == saved.keys() == weights.sizes.keys()
    assert [name for name in saved if not torch.equal(came[name], saved[name])] == []
    assert weights.sizes == {name: tensor.nbytes for name, tensor in came.items()}
    assert len(weights._units) > 10
    others = WholeWeights(model, model, None, sharded=False, rank=1)
    assert [(name, tensor.numel()) for name, tensor in others] == [(name, 0) for name in came]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_layer_s_adapters_come_with_it(folder: Path, architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_policy(str(policy(folder, architecture, 0)), dtype="float32", device="cpu")
    plain = {name: tensor.clone() for name, tensor in WholeWeights(model, model, None, sharded=False, rank=0)}
    adapted = add_adapters(model, LoRA(rank=2))
    for name, parameter in adapted.named_parameters():
        if ".lora_" in name:
            torch.nn.init.normal_(parameter)
    at_once: list[int] = []

    def counted(layers: Any, tensors: Any) -> Any:
        at_once.append(len(tensors))
        return merge_adapters(layers, tensors)

    monkeypatch.setattr(whole_weights, "merge_adapters", counted)
    weights = WholeWeights(adapted, model, adapted, sharded=False, rank=0)
    at_once.clear()
    came = dict(weights)
    assert max(at_once) == 4 if architecture == "gpt2" else 3
    assert came.keys() == plain.keys()
    changed = {name for name in plain if not torch.equal(came[name], plain[name])}
    assert changed == {name for name in plain if "proj.weight" in name or ("c_" in name and "weight" in name)}


@pytest.mark.filterwarnings("ignore")
def test_tensors_that_are_made_of_several_come_all_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = policy(folder, "llama", 0)
    model = load_policy(str(directory), dtype="float32", device="cpu")
    q, k = "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight"

    def stacked(_: Any, tensors: Any) -> Any:
        rest = {name: tensor for name, tensor in tensors.items() if name not in (q, k)}
        return {**rest, "qk": torch.cat([tensors[q], tensors[k]])} if q in tensors or k in tensors else rest

    monkeypatch.setattr(whole_weights, "converted", stacked)
    weights = WholeWeights(model, model, None, sharded=False, rank=0)
    assert len(weights._units) == 1
    assert torch.equal(dict(weights)["qk"], torch.cat([model.get_parameter(q), model.get_parameter(k)]))
