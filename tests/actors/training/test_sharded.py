"""A policy in shards is the policy that is loaded whole, to the bit."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from training_cases import assert_same_bits

from actors.loading import load_policy
from actors.training import sharded
from actors.training.sharded import load_in_shards
from actors.training.zero import whole_parameters
from benchmarks.tiny_models import make_policy

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # DeepSpeed's own
    pytest.mark.usefixtures("process_group"),
]


@pytest.fixture(autouse=True)
def as_a_rank_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a rank that joins its group sets."""
    monkeypatch.setenv("LOCAL_RANK", "0")


def whole(model: torch.nn.Module, *, in_shards: bool) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in whole_parameters(model.named_parameters(), sharded=in_shards)}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("at_once", [64, 2**24])
def test_it_is_the_policy_that_is_loaded_whole(
    model: Path, dtype, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharded, "AT_ONCE", at_once)
    made = load_in_shards(str(model), dtype=dtype, device="cpu", world_size=1)
    assert made is not None
    assert all(parameter.numel() == 0 for parameter in made.parameters())  # each is elsewhere, in shares
    assert_same_bits(
        whole(made, in_shards=True), whole(load_policy(str(model), dtype=dtype, device="cpu"), in_shards=False)
    )
    assert not made.training


def test_a_checkpoint_that_is_to_be_converted_is_loaded_whole(tmp_path: Path) -> None:
    experts = make_policy(tmp_path / "experts", architecture="qwen3_moe")
    assert load_in_shards(str(experts), dtype="float32", device="cpu", world_size=1) is None


def test_weights_of_eight_bits_are_left_to_who_can_scale_them(model: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(model, tmp_path / "copied")
    tensors = load_file(copied / "model.safetensors")
    name = next(iter(tensors))
    save_file({**tensors, name: tensors[name].to(torch.float8_e4m3fn)}, copied / "model.safetensors")
    assert load_in_shards(str(copied), dtype="float32", device="cpu", world_size=1) is None
