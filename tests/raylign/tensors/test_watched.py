"""What a model shows of itself is what transformers and the modules' own outputs say."""

from pathlib import Path

import pytest
import torch

from actors.loading import load_policy
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.tensors.watched import Watched

IDS = torch.tensor([[5, 6, 7, 8, 9], [9, 8, 7, 6, 5]])


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma2", "qwen3_moe"])
def test_states_are_the_layers_outputs_and_maps_the_means_of_activations(architecture: str, tmp_path: Path) -> None:
    model = load_policy(str(make_policy(tmp_path, architecture=architecture)), dtype="float32", device="cpu")
    watched = Watched(model, model, reads={"states", "maps"})
    with torch.no_grad():
        plain = model(input_ids=IDS, output_hidden_states=True)
        answer = watched(input_ids=IDS)
    assert torch.equal(answer.logits, plain.logits)
    states, maps = watched.states_and_maps(answer.seen)
    assert states is not None
    assert maps is not None
    assert states.shape == (2, 5, 2, model.config.hidden_size)
    assert torch.equal(states[:, :, 0], plain.hidden_states[1])  # the last of transformers' is normalised
    assert maps.shape == (2, 5, 3 * 2 + 1)
    torch.testing.assert_close(maps[:, :, 4], states[:, :, 0].mean(-1))
    torch.testing.assert_close(maps[:, :, 5], states[:, :, 1].mean(-1))
    torch.testing.assert_close(maps[:, :, 6], plain.logits.mean(-1))
    if architecture == "llama":  # a layer adds what its attention and its MLP say
        torch.testing.assert_close(maps[:, :, 5] - maps[:, :, 4], maps[:, :, 1] + maps[:, :, 3])


def test_nothing_is_watched_that_nobody_reads(tmp_path: Path) -> None:
    model = load_policy(str(make_policy(tmp_path)), dtype="float32", device="cpu")
    watched = Watched(model, model, reads={"divergence"})
    answer = watched(input_ids=IDS)
    assert answer.seen == ()
    assert watched.states_and_maps(answer.seen) == (None, None)
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_without_the_parts_is_refused(tmp_path: Path) -> None:
    model = load_policy(str(make_policy(tmp_path)), dtype="float32", device="cpu")
    for layer in model.model.layers:
        layer.mixer = layer.mlp
        del layer.mlp
    with pytest.raises(SpecError, match="no part called mlp"):
        Watched(model, model, reads={"maps"})
