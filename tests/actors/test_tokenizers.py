"""What is read of a model besides its weights."""

import json
from pathlib import Path

import pytest

from actors.tokenizers import load_config, load_tokenizer, longest_context, stop_tokens
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    directory = make_policy(tmp_path)
    for file in directory.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(SpecError, match=r"tokenizer\.json is missing"):
        load_tokenizer(str(directory))


def test_a_response_ends_by_the_tokenizers_end_and_the_generation_s(tmp_path: Path) -> None:
    directory = make_policy(tmp_path)
    tokenizer = load_tokenizer(str(directory))
    (directory / "generation_config.json").write_text(json.dumps({"eos_token_id": [9, tokenizer.eos_token_id, 7]}))
    assert stop_tokens(str(directory), tokenizer) == (tokenizer.eos_token_id, 9, 7)
    (directory / "generation_config.json").unlink()
    assert stop_tokens(str(directory), tokenizer)[0] == tokenizer.eos_token_id


def test_a_context_is_the_models_or_what_is_asked_below_it(tmp_path: Path) -> None:
    model = str(make_policy(tmp_path))
    own = load_config(model).max_position_embeddings
    assert longest_context(model, None) == longest_context(model, 2 * own) == own
    assert longest_context(model, own // 2) == own // 2
