import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from actors.loading import load_policy
from actors.weights.checkpoint_names import checkpoint_tensors
from actors.weights.weight_update import view
from benchmarks.tiny_models import ARCHITECTURES, make_policy


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.filterwarnings("ignore")
def test_names_shapes_and_bytes_are_those_of_the_saved_model(architecture: str, tmp_path: Path) -> None:
    directory = make_policy(tmp_path, architecture=architecture, dtype=torch.bfloat16)
    model = load_policy(str(directory), dtype="bfloat16", device="cpu")
    update = view(checkpoint_tensors(model, dict(model.named_parameters())).items())
    saved = load_file(directory / "model.safetensors")
    sent = dict(update.tensors())
    assert sent.keys() == saved.keys()
    assert [name for name in saved if not torch.equal(sent[name], saved[name])] == []


def test_damage_is_found_and_named() -> None:
    update = view([("a", torch.ones(3)), ("b", torch.zeros(2, 2)), ("c", torch.ones(5, dtype=torch.bfloat16))])
    assert update.damaged() == []
    update.buffers[1][7] ^= 1
    assert update.damaged() == ["b"]
    assert update.damaged(["a", "c"]) == []
    update.buffers[2][0] ^= 1
    assert update.damaged() == ["b", "c"]


def test_a_view_is_handed_to_an_object_store_without_a_copy() -> None:
    weights = {"w": torch.ones(300, 100), "b": torch.ones(500, dtype=torch.bfloat16)}
    taken: list[pickle.PickleBuffer] = []
    rest = pickle.dumps(view(weights.items()), protocol=5, buffer_callback=taken.append)
    assert len(rest) < 2000
    addresses = [torch.frombuffer(buffer.raw(), dtype=torch.uint8).data_ptr() for buffer in taken]
    assert addresses == [weight.data_ptr() for weight in weights.values()]


def test_read_only_buffers_are_read_without_a_warning() -> None:
    update = pickle.loads(pickle.dumps(view([("w", torch.arange(3.0)), ("s", torch.tensor(2.0))])))
    for buffer in update.buffers:
        buffer.flags.writeable = False
    assert {name: tensor.tolist() for name, tensor in update.tensors()} == {"w": [0, 1, 2], "s": 2}
