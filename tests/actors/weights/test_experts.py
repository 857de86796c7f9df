"""Experts' weights by name and by part; that they land in vLLM's own layout is shown with vLLM in test_landing."""

import pytest
import torch
from torch import nn

from actors.weights.experts import FUSED, NAME, PARTS, expert_difference, repack_experts


@pytest.mark.parametrize("part", ["gate_proj", "up_proj", "down_proj", "w1", "w2", "w3"])
def test_a_checkpoints_name_tells_layer_expert_and_part(part: str) -> None:
    found = NAME.fullmatch(f"model.layers.3.mlp.experts.12.{part}.weight")
    assert found is not None
    assert (found["layer"], found["index"]) == ("model.layers.3.mlp.experts", "12")
    assert any(PARTS[found["part"]] in pieces for pieces in FUSED.values())


@pytest.mark.parametrize("name", ["model.layers.3.mlp.gate_proj.weight", "model.layers.3.mlp.experts.gate.weight"])
def test_other_weights_are_no_experts(name: str) -> None:
    assert NAME.fullmatch(name) is None


def test_an_expert_of_another_size_is_told_by_its_numbers() -> None:
    layer = nn.Module()
    layer.w13_weight = nn.Parameter(torch.zeros(4, 6, 5))
    sent = {"w1": torch.zeros(3, 5), "w3": torch.zeros(2, 5)}
    assert expert_difference(layer, 1, "w13_weight", sent) == "30 values, not 25"


def test_a_model_without_experts_is_left_alone() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    before = [parameter.clone() for parameter in model.parameters()]
    repack_experts(model)
    assert all(torch.equal(now, then) for now, then in zip(model.parameters(), before, strict=True))
