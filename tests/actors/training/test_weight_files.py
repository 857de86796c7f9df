"""Weights in files of the hub's names and sizes, written as they come."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_cases import assert_same_bits, make_examples, make_job, make_trainer, weights
from transformers import AutoModelForCausalLM

from actors.training import weight_files
from actors.training.weight_files import save_in_files


def test_a_small_model_is_one_file_and_who_only_takes_part_writes_none(tmp_path: Path) -> None:
    tensors = {"a": torch.ones(3), "b": torch.zeros(2, 2)}
    sizes = {name: tensor.nbytes for name, tensor in tensors.items()}
    save_in_files(tensors.items(), sizes, tmp_path, writes=False)
    assert list(tmp_path.iterdir()) == []
    save_in_files(tensors.items(), sizes, tmp_path, writes=True)
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]
    assert_same_bits(load_file(tmp_path / "model.safetensors"), tensors)


def test_a_tensor_larger_than_a_file_has_one_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_files, "FILE_BYTES", 16)
    tensors = {"a": torch.ones(2), "b": torch.ones(100), "c": torch.ones(2), "d": torch.ones(2)}
    sizes = {name: tensor.nbytes for name, tensor in tensors.items()}
    save_in_files(tensors.items(), sizes, tmp_path, writes=True)
    held = [sorted(load_file(file)) for file in sorted(tmp_path.glob("*.safetensors"))]
    assert held == [["a"], ["b"], ["c", "d"]]


@pytest.mark.filterwarnings("ignore")  # DeepSpeed's own
@pytest.mark.usefixtures("process_group")
def test_what_is_saved_in_several_files_is_what_was_trained(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_files, "FILE_BYTES", 20_000)
    trainer = make_trainer(make_job(model, zero_stage=3))
    trainer.step(0, [make_examples(0)])
    trained = weights(trainer)
    trainer.save(tmp_path)
    files = sorted((tmp_path / "policy").glob("model-*.safetensors"))
    assert len(files) > 1
    assert (tmp_path / "policy/model.safetensors.index.json").is_file()
    saved = AutoModelForCausalLM.from_pretrained(tmp_path / "policy", dtype=torch.float32)
    assert_same_bits({name: parameter.detach() for name, parameter in saved.named_parameters()}, trained)
