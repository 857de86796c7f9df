"""The reference must speak the policy's language; prompts and ends come from the policy alone."""

import json
from pathlib import Path

import pytest

from actors.text.world import read_world
from benchmarks.tiny_models import make_policy
from raylign.errors import SpecError
from raylign.plan.model_files import check_same_vocabulary, inspect_model
from raylign.sources.prompts import World
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


def world_of(tmp_path: Path, rows: list[str], **task: object) -> World:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("".join(json.dumps({"prompt": row}) + "\n" for row in rows))
    document = {
        "name": "t", "prompts": {"path": str(prompts)}, "prompts_per_step": 2, "samples_per_prompt": 2,
        "reward": {"model": "org/reward"}, "method": {"type": "grpo"}, "max_tokens": 8, **task,
    }  # fmt: skip
    policy = {"model": str(make_policy(tmp_path / "policy"))}
    return read_world(parse_job({"name": "j", "steps": 1, "tasks": [document], "policy": policy}))[0]


def test_nothing_is_measured_that_is_trained_on_unless_that_is_asked_for(tmp_path: Path) -> None:
    rows = [f"{number}+2=" for number in range(40)]
    world = world_of(tmp_path, rows)
    trained, held = ({prompt.text for prompt in mine["t"]} for mine in (world.prompts, world.eval_prompts))
    assert held
    assert trained | held == set(rows)
    assert not trained & held
    assert world.warnings == []
    world = world_of(tmp_path, rows, holdout=0)
    assert len(world.prompts["t"]) == len(world.eval_prompts["t"]) == 40


def test_what_is_left_out_or_not_measured_is_said(tmp_path: Path) -> None:
    world = world_of(tmp_path, ["2+2=", "3+3=", "1" * 5000])
    assert len(world.prompts["t"]) == 2
    assert len(world.eval_prompts["t"]) == 0
    left_out, unmeasured = world.warnings
    assert left_out.startswith("1 of the 3 prompts of task 't'")
    assert "task 't' is not measured: of its 2 prompts none can be held out with 2 left for a step" in unmeasured
