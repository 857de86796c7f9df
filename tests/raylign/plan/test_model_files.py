import json
import os
import shutil
import struct
from pathlib import Path

import pytest
import torch

from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.plan.model_files import check_same_vocabulary, inspect_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_policy(tmp_path_factory.mktemp("saved"), dtype=torch.bfloat16)


@pytest.fixture
def policy(saved: Path, tmp_path: Path) -> Path:
    """One that a test may damage."""
    return shutil.copytree(saved, tmp_path / "policy")


def test_a_directory_says_what_it_is(policy: Path) -> None:
    info = inspect_model(policy)
    assert info is not None
    assert (info.architecture, info.vocab_size, info.max_position) == ("LlamaForCausalLM", 96, 128)
    assert (info.parameters, info.dtype, info.has_chat_template) == (24736, "bfloat16", True)


def test_tied_weights_count_once(tmp_path: Path) -> None:
    info = inspect_model(make_policy(tmp_path, architecture="llama-tied", chat_template=False))
    assert info is not None
    assert (info.parameters, info.has_chat_template) == (24736 - 96 * 32, False)


def test_a_hub_id_is_left_to_the_hub() -> None:
    assert inspect_model("org/name") is None


@pytest.mark.parametrize("path", ["/nowhere/model", "./model", "a/b/c"])
def test_a_path_that_is_not_there_is_refused(path: str) -> None:
    with pytest.raises(SpecError, match="there is no model directory"):
        inspect_model(path)


def test_what_is_missing_is_named(policy: Path) -> None:
    (policy / "model.safetensors").unlink()
    with pytest.raises(SpecError, match=r"model\.safetensors is missing"):
        inspect_model(policy)
    (policy / "config.json").unlink()
    with pytest.raises(SpecError, match=r"config\.json is missing"):
        inspect_model(policy)
    with pytest.raises(SpecError, match="is a file"):
        inspect_model(policy / "tokenizer.json")


def test_pickles_are_refused(policy: Path) -> None:
    (policy / "model.safetensors").rename(policy / "pytorch_model.bin")
    with pytest.raises(SpecError, match=r"pytorch_model\.bin.*convert it to safetensors"):
        inspect_model(policy)


@pytest.mark.parametrize("kept", [4, 100, -1])
def test_weights_cut_short_are_refused(policy: Path, kept: int) -> None:
    weights = policy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(SpecError, match="cut short"):
        inspect_model(policy)


def test_a_missing_shard_is_named(policy: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (policy / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(SpecError, match="model-00001-of-00002"):
        inspect_model(policy)


def test_vocabularies_must_agree(policy: Path, tmp_path: Path) -> None:
    other = inspect_model(make_policy(tmp_path / "other", vocab_size=128))
    info = inspect_model(policy)
    assert info is not None
    assert other is not None
    check_same_vocabulary(info, info)
    with pytest.raises(SpecError, match=r"96 tokens.*128"):
        check_same_vocabulary(info, other)


@pytest.mark.parametrize(
    "config",
    [
        {"vocab_size": []},
        {"vocab_size": "many"},
        {"vocab_size": 1e400},
        {"text_config": "none"},
        {"max_position_embeddings": {"base": 1}},
        {"architectures": 5},
    ],
)
def test_a_configuration_of_wrong_kinds_is_refused_and_no_crash(policy: Path, config: dict[str, object]) -> None:
    path = policy / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    with pytest.raises(SpecError, match=r"config\.json"):
        inspect_model(policy)


@pytest.mark.parametrize("header", [{"w": 3}, {"w": {"dtype": "F32"}}, [1], {"w": {"shape": "x", "data_offsets": [0]}}])
def test_a_header_of_wrong_kinds_is_refused_and_no_crash(policy: Path, header: object) -> None:
    body = json.dumps(header).encode()
    (policy / "model.safetensors").write_bytes(struct.pack("<Q", len(body)) + body)
    with pytest.raises(SpecError, match="describes its tensor 'w' wrongly|cut short"):
        inspect_model(policy)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
def test_a_file_without_end_is_not_read(policy: Path, name: str) -> None:
    with (policy / name).open("ab") as file:
        file.truncate(10**12)
    with pytest.raises(SpecError, match=rf"cannot read '.*{name}': it has 1000000000000 bytes, more than 100000000"):
        inspect_model(policy)


def test_a_pipe_in_a_models_place_is_not_waited_for(policy: Path) -> None:
    (policy / "config.json").unlink()
    os.mkfifo(policy / "config.json")
    with pytest.raises(SpecError, match="not a regular file"):
        inspect_model(policy)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ('{"architectures": ["LlamaForCausalLM"], "text_config": []}', "a `text_config` that is no mapping"),
        ('{"architectures": {"a": 1}, "vocab_size": 96}', "names no `architectures`"),
        ('{"architectures": ["LlamaForCausalLM"], "vocab_size": "96"}', "`vocab_size` '96', which is no size"),
        ('{"architectures": ["LlamaForCausalLM"], "vocab_size": 96, "head_dim": -1, "n_head": 0}', "`n_head` '0'"),
        ("[" * 100_000, "is nested too deep"),
        ('{"vocab_size": ' + "9" * 5000 + "}", "is not JSON"),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_is_refused(policy: Path, config: str, says: str) -> None:
    (policy / "config.json").write_text(config)
    with pytest.raises(SpecError, match=says):
        inspect_model(policy)


def test_a_model_of_unknown_make_has_no_dimensions(policy: Path) -> None:
    (policy / "config.json").write_text('{"architectures": ["NewForCausalLM"], "vocab_size": 96, "width": 32}')
    info = inspect_model(policy)
    assert info is not None
    assert info.dimensions is None
    assert info.parameters == 24736
