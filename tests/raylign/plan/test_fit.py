"""What cannot fit is refused before anything starts: on whose GPU, for what, and what would help."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hollow import LLAMA_8B, LLAMA_70B, TINY, save_hollow, save_llama

from raylign.errors import PlanError
from raylign.plan.cluster import Cluster, Node
from raylign.plan.plan import Plan
from raylign.plan.resolve import make_plan
from raylign.spec import parse_job

GIB = 2**30
H100 = 79.6 * GIB
MakePlan = Callable[..., Plan]


@pytest.fixture
def plan(tmp_path: Path) -> MakePlan:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("\n".join(json.dumps({"prompt": "x" * 2000}) for _ in range(64)))

    def make(model: str, *, gpu: float | None = H100, host: float = 2048, lora: bool = False, **settings: Any) -> Plan:
        task = {"name": "task", "prompts": {"path": str(prompts)}, "prompts_per_step": 64, "samples_per_prompt": 4}
        job = {
            "name": "large", "steps": 1, "policy": {"model": model, "lora": {} if lora else None},
            "tasks": [{**task, "method": {"type": "grpo"}, "reward": {"model": "org/rm"}}],
            **settings,
        }  # fmt: skip
        node = Node(cpus=64, gpus=8, memory_bytes=host * GIB, gpu_memory_bytes=gpu)
        return make_plan(parse_job(job), Cluster(nodes=(node,) * 16))

    return make


def test_full_training_of_8b_is_refused_with_what_would_help(plan: MakePlan, tmp_path: Path) -> None:
    model = str(save_llama(tmp_path / "8b", **LLAMA_8B))
    with pytest.raises(PlanError) as refusal:
        plan(model)
    said = str(refusal.value)
    # 8.03 billion parameters: 2 bytes of weights, 12 of optimizer, 4 of gradients each.
    assert "policy/0 needs " in said
    assert "weights 15.0, optimizer 89.7, gradients 29.9" in said
    assert "which has 79.6 for it: it would be" in said
    assert "with `policy.lora`" in said
    assert "with `trainer.ranks: 8` and `zero_stage: 3`" in said
    assert "reference/0" not in said
    assert "rollout/0" not in said


def test_what_would_help_does(plan: MakePlan, tmp_path: Path) -> None:
    model = str(save_llama(tmp_path / "8b", **LLAMA_8B))
    assert plan(model, lora=True).device == "cuda"
    assert len(plan(model, trainer={"ranks": 8, "zero_stage": 3}).of("policy")) == 8


def test_what_is_offloaded_is_to_fit_the_hosts(plan: MakePlan, tmp_path: Path) -> None:
    model = str(save_llama(tmp_path / "8b", **LLAMA_8B))
    trainer = {"zero_stage": 3, "offload": {"optimizer": "cpu", "parameters": "cpu"}}
    (rank,) = plan(model, trainer=trainer).of("policy")
    assert rank.memory_bytes < H100
    assert rank.host_bytes == pytest.approx(8.03e9 * (12 + 8 + 2), rel=0.01)
    with pytest.raises(
        PlanError, match=r"about 164.5 GiB of hosts' memory for `trainer.offload`, the cluster has 160.0"
    ):
        plan(model, host=10, trainer=trainer)
    with pytest.raises(PlanError, match=r"about 164.5 GiB of one host's memory for `trainer.offload`, .* has 100.0"):
        plan(model, host=100, trainer=trainer)


def test_a_reference_of_70b_fits_no_gpu_and_an_engine_can_be_divided(plan: MakePlan, tmp_path: Path) -> None:
    model = str(save_llama(tmp_path / "70b", **LLAMA_70B))
    with pytest.raises(PlanError) as refusal:
        plan(model, lora=True, trainer={"ranks": 64, "zero_stage": 3, "gradient_checkpointing": True})
    reference, rollout = str(refusal.value).partition("GPUs. ")[2].split("; ")  # the policy fits, in shards
    assert reference.startswith("reference/0 needs ")
    assert reference.endswith("with `reference.where: trainer` and `trainer.zero_stage: 3`")
    assert rollout.startswith("rollout/0 needs ")
    assert "which has 67.7 for it" in rollout  # 0.85 of it
    assert "with `rollout.tensor_parallel: 4`" in rollout


def test_a_reference_of_70b_fits_in_the_trainer_s_shards(plan: MakePlan, tmp_path: Path) -> None:
    model = str(save_llama(tmp_path / "70b", **LLAMA_70B))
    made = plan(
        model,
        lora=True,
        trainer={"ranks": 64, "zero_stage": 3, "gradient_checkpointing": True},
        rollout={"tensor_parallel": 4},
        reference={"where": "trainer"},
        tasks=[{
            **{"name": "task", "prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 64},
            **{"samples_per_prompt": 4, "reward": {"type": "length", "target": 9}, "judges": [{"type": "length"}]},
            "method": {"type": "crpg", "kl_max": 10.0},
        }],
    )  # fmt: skip
    assert made.of("reference") == []
    assert made.of("policy")[0].memory["reference in shards"] == pytest.approx(70.6e9 * 2 / 64, rel=0.01)


def test_a_mixture_of_experts_comes_whole_to_every_rank(plan: MakePlan, tmp_path: Path) -> None:
    model = save_llama(tmp_path / "70b", **LLAMA_70B)
    tensors = {f"model.layers.{layer}.mlp.experts.0.up_proj.weight": [8192, 28672] for layer in range(80)}
    save_hollow(model / "experts.safetensors", tensors, "BF16")
    with pytest.raises(PlanError) as refusal:
        plan(str(model), lora=True, trainer={"ranks": 64, "zero_stage": 3})
    assert "weights before ZeRO-3" in str(refusal.value)


def test_a_gpu_that_does_not_tell_its_memory_refuses_nothing(plan: MakePlan, tmp_path: Path) -> None:
    assert plan(str(save_llama(tmp_path / "70b", **LLAMA_70B)), gpu=None).device == "cuda"


def test_an_unknown_model_has_no_number(plan: MakePlan) -> None:
    made = plan("org/policy")
    assert made.unknown == ["org/policy", "org/rm"]
    said = made.to_dict()
    assert [actor["memory_bytes"] for actor in said["actors"]] == [None] * 4
    assert (said["memory_bytes"], said["checkpoint_bytes"]) == (None, None)


def test_pages_that_processes_share_are_counted_once(plan: MakePlan, tmp_path: Path) -> None:
    made = plan(str(save_llama(tmp_path / "tiny", **TINY)), resources={"device": "cpu"}, trainer={"ranks": 1})
    policy, reference, rollout, reward = made.actors
    assert policy.memory["object store"] == rollout.memory["object store"] == 2 * 2 * 340
    assert made.memory_bytes == sum(actor.memory_bytes for actor in made.actors) - 2 * 2 * 340
    assert reward.unknown == ("org/rm",)
    assert not reference.unknown
