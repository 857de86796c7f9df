"""The reference must speak the policy's language; prompts and ends come from the policy alone."""

import json
from pathlib import Path

import pytest

from actors.text.world import read_world
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.plan.model_files import check_same_vocabulary, inspect_model
from raylign.spec import parse_job


def swap_tokens(directory: Path) -> None:
    """Let 'a' and 'b' mean each other: as many tokens as before, other ones."""
    file = directory / "tokenizer.json"
    document = json.loads(file.read_text())
    vocab = document["model"]["vocab"]
    vocab["a"], vocab["b"] = vocab["b"], vocab["a"]
    file.write_text(json.dumps(document))


def test_a_reference_with_other_tokens_is_refused_before_and_after_loading(tmp_path: Path) -> None:
    policy, reference = (make_policy(tmp_path / name) for name in ("policy", "reference"))
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(json.dumps({"prompt": "2+2="}))
    task = {
        "name": "t", "prompts": {"path": str(prompts)}, "prompts_per_step": 1, "samples_per_prompt": 2,
        "reward": {"model": "org/reward"}, "method": {"type": "grpo"}, "max_tokens": 8,
    }  # fmt: skip
    models = {"policy": {"model": str(policy)}, "reference": {"model": str(reference)}}
    job = parse_job({"name": "j", "steps": 1, "tasks": [task], **models})
    read_world(job)
    swap_tokens(reference)
    with pytest.raises(SpecError, match="different vocabularies: 'a' is token 5 of the policy and token 6"):
        read_world(job)
    infos = [inspect_model(directory) for directory in (policy, reference)]
    assert infos[0] is not None
    assert infos[1] is not None
    with pytest.raises(SpecError, match="different vocabularies"):
        check_same_vocabulary(infos[0], infos[1])


def test_canaries_are_read_in_the_policys_tokens(tmp_path: Path) -> None:
    policy = make_policy(tmp_path / "policy")
    prompts, canaries = tmp_path / "prompts.jsonl", tmp_path / "canaries.jsonl"
    prompts.write_text(json.dumps({"prompt": "2+2="}))
    canaries.write_text(json.dumps({"prompt": "2+2=", "response": "4 4", "gold": True}))
    task = {
        "name": "t", "prompts": {"path": str(prompts)}, "prompts_per_step": 1, "samples_per_prompt": 2,
        "reward": {"model": "org/reward"}, "method": {"type": "grpo"}, "max_tokens": 8,
        "judges": [{"type": "length", "unit": "tokens", "maximum": 9, "canaries": {"path": str(canaries)}}],
    }  # fmt: skip
    world, _ = read_world(parse_job({"name": "j", "steps": 1, "tasks": [task], "policy": {"model": str(policy)}}))
    ((place, (canary,)),) = world.canaries.items()
    assert (place, canary.gold, len(canary.completion.token_ids)) == (("t", "length"), True, 3 + 1)
