"""Masks by hand: what a learned one starts as and computes, how activations become one."""

import pytest
import torch

from raylign.losses.masks import LearnedMask, activation_mask


def test_a_learned_mask_starts_as_one_everywhere_and_with_a_gradient_of_every_weight():
    mask = LearnedMask(4, 5)
    states = torch.randn(2, 2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(mask(states), torch.ones(2, 2, 3))
    mask(states)[0, 0, 0].backward()
    assert all(one.grad.abs().max() > 0 for name, one in mask.named_parameters() if "norm" not in name)


def test_a_learned_mask_is_two_rectified_layers_over_one_norm():
    mask = LearnedMask(2, 2)
    with torch.no_grad():
        mask.weight_LH.copy_(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
        mask.bias_L.copy_(torch.tensor([0.5, 1.0]))
        mask.mixer_L.copy_(torch.tensor([1.0, -0.25]))
    # Of two numbers, what a LayerNorm leaves are their signs: [1, -1] and [-1, 1].
    states = torch.tensor([[5.0, 1.0], [1.0, 9.0]]).view(1, 1, 1, 2, 2)
    assert mask(states).item() == pytest.approx(2.5 - 0.25 * 4.0, abs=1e-4)
    assert mask(states.flip(-1)).item() == 0  # relu(-1.5) and relu(-2)
    assert mask(states.bfloat16()).dtype == torch.float32


# Five maps: of one MLP, one attention, one layer, the logits... of two tokens and one of padding.
MASK = torch.tensor([[[1.0, 1.0, 1.0, 0.0]]])


def test_maps_are_scaled_over_the_response_and_averaged_by_groups():
    mlp = [[0.0, 2.0, 4.0, 100.0], [1.0, 1.0, 2.0, -100.0]]  # of two layers; then 0, 1/2, 1 and 0, 0, 1
    attention = [[3.0, 2.0, 1.0, 0.0], [3.0, 2.0, 1.0, 0.0]]  # 1, 1/2, 0
    layers = [[7.0, 7.0, 7.0, 9.0], [7.0, 7.0, 7.0, 9.0]]  # the same everywhere: 1
    logits = [[-1.0, 0.0, 3.0, 5.0]]  # 0, 1/4, 1
    maps = torch.tensor([mlp + attention + layers + logits]).transpose(-1, -2)[None]
    expected = [(0 + 1 + 1 + 0) / 4, (1 / 4 + 1 / 2 + 1 + 1 / 4) / 4, (1 + 0 + 1 + 1) / 4, 0.0]
    assert activation_mask(maps, MASK).flatten().tolist() == pytest.approx(expected)


def test_of_a_single_token_the_mask_is_one_and_of_none_there_is_none():
    maps = torch.randn(1, 2, 4, 7)
    mask = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    assert activation_mask(maps, mask).tolist() == mask.tolist()
