import json
from pathlib import Path

import pytest
import torch

from actors.loading import load_policy, load_reward
from benchmarks.tiny_models import make_policy, make_reward
from raylign.errors import SpecError


def test_a_policy_loads_in_the_dtype_that_was_asked_for(tmp_path: Path) -> None:
    directory = make_policy(tmp_path, dtype=torch.float32)
    assert load_policy(str(directory), dtype="bfloat16", device="cpu").dtype == torch.bfloat16


def test_dropout_is_taken_out(tmp_path: Path) -> None:
    directory = make_policy(tmp_path, architecture="gpt2", attn_pdrop=0.3, resid_pdrop=0.3, embd_pdrop=0.3)
    model = load_policy(str(directory), dtype="float32", device="cpu")
    assert {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)} == {0.0}
    assert model.config.attn_pdrop == 0.0


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    directory = make_policy(tmp_path)
    (directory / "model.safetensors").unlink()
    torch.save({}, directory / "pytorch_model.bin")
    with pytest.raises(SpecError, match="convert it to safetensors"):
        load_policy(str(directory), dtype="float32", device="cpu")


def test_a_reward_model_needs_one_output(tmp_path: Path) -> None:
    directory = make_reward(tmp_path, num_labels=3)
    with pytest.raises(SpecError, match="has 3 outputs"):
        load_reward(str(directory), dtype="float32", device="cpu")


@pytest.mark.filterwarnings("ignore")
def test_a_language_model_is_not_a_reward_model(tmp_path: Path) -> None:
    directory = make_policy(tmp_path, id2label={0: "reward"}, label2id={"reward": 0})
    with pytest.raises(SpecError, match=r"lacks the weights .*score\.weight"):
        load_reward(str(directory), dtype="float32", device="cpu")


def test_an_unknown_architecture_is_refused(tmp_path: Path) -> None:
    directory = make_policy(tmp_path)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {"model_type": "no-such-type"}))
    with pytest.raises(SpecError, match="no-such-type"):
        load_policy(str(directory), dtype="float32", device="cpu")
