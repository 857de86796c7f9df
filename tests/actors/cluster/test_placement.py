"""Bundles, and in words what a fleet that waits waits for."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actors.cluster.placement import Bundle, Stand, autoscaling, bundles, homes, lacking
from raylign.errors import PlanError, SpecError
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.spec import parse_job

H100 = {"ray.io/accelerator-type": "H100"}
NODES = [
    Stand(name="a", resources={"CPU": 8, "GPU": 8}, labels=H100),
    Stand(name="b", resources={"CPU": 64, "GPU": 4}, labels={"ray.io/accelerator-type": "L4"}),
]


def test_a_bundle_holds_what_its_actor_reserves_on_the_nodes_of_its_role(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "x"}\n')
    task = {"name": "t", "prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 1}
    task |= {"reward": {"type": "length", "target": 3}, "method": {"type": "grpo"}, "judges": [{"type": "length"}]}
    zone = {"zone": "in(a, b)"}
    document = {"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]}
    document |= {"trainer": {"ranks": 2}, "rollout": {"workers": 2, "tensor_parallel": 4}}
    document |= {"resources": {"nodes": {"all": zone, "rollout": H100}}}
    job = parse_job(document)
    node = Node(cpus=64.0, gpus=16.0, memory_bytes=2**40, gpu_memory_bytes=2**37)
    plan = make_plan(job, Cluster(nodes=(node,)))
    found = dict(zip([actor.name for actor in plan.actors], bundles(job, plan), strict=True))
    assert found["policy/1"] == Bundle(resources={"CPU": 0.25, "GPU": 1.0}, labels=zone)
    # An engine's GPUs are one bundle: on one node.
    assert found["rollout/0"] == found["rollout/1"] == Bundle(resources={"CPU": 0.25, "GPU": 4}, labels=zone | H100)
    assert found["judge/0"].resources == {"CPU": 0.25}
    assert str(found["rollout/0"]) == "0.25 CPU 4 GPU where zone=in(a, b), ray.io/accelerator-type=H100"


def test_an_engine_that_shares_a_rank_s_gpu_lies_in_its_bundle(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "x"}\n')
    task = {"name": "t", "prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 1}
    task |= {"reward": {"type": "length", "target": 3}, "method": {"type": "grpo"}, "judges": [{"type": "length"}]}
    document = {"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]}
    document |= {"trainer": {"ranks": 2}, "rollout": {"workers": 2}, "resources": {"colocated": True}}
    job = parse_job(document | {"weights": {"carrier": "cuda_ipc"}})
    node = Node(cpus=64.0, gpus=3.0, memory_bytes=2**40, gpu_memory_bytes=2**37)
    plan = make_plan(job, Cluster(nodes=(node,)))
    assert dict(zip([actor.name for actor in plan.actors], homes(job, plan), strict=True)) == {
        **{"policy/0": 0, "policy/1": 1, "reference/0": 2, "rollout/0": 0, "rollout/1": 1, "judge/0": 3}
    }
    shared = Bundle(resources={"CPU": 0.5, "GPU": 1.0}, labels={})
    assert bundles(job, plan) == [
        *[shared, shared, Bundle(resources={"CPU": 0.25, "GPU": 1.0}, labels={})],
        Bundle(resources={"CPU": 0.25}, labels={}),
    ]
    with pytest.raises(PlanError, match="is between GPUs, and the run has none"):
        make_plan(job, Cluster(nodes=(Node(cpus=64.0, gpus=0.0, memory_bytes=2**40),)))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"weights": {"carrier": "cuda_ipc"}}, "set `resources.colocated: true`, or nccl"),
        ({"weights": {"carrier": "nccl"}, "resources": {"colocated": True}}, "set `weights.carrier: cuda_ipc`"),
        ({"weights": {"carrier": "nccl"}, "rollout": {"engine": "transformers"}}, "is vLLM's"),
        ({"resources": {"colocated": True}, "trainer": {"ranks": 2}}, "set `rollout.workers: 2` and"),
    ],
)
def test_what_cannot_be_carried_so_is_refused(settings: dict[str, Any], says: str) -> None:
    task = {
        "name": "t",
        "prompts": {"path": "p"},
        "reward": {"type": "length", "target": 3},
        "method": {"type": "grpo"},
    }
    with pytest.raises(SpecError, match=says):
        parse_job({"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task], **settings})


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([({"GPU": 8}, {}), ({"CPU": 1}, {})], "1 CPU, 8 GPU; free now: 2 CPU, 3 GPU"),
        ([({"GPU": 16}, {})] * 2, "2 x 16 GPU: the largest node it may lie on has 8 GPU"),
        ([({"GPU": 8}, {"ray.io/accelerator-type": "!H100"})], "accelerator-type=!H100: the largest node it may"),
        ([({"GPU": 4}, {"ray.io/accelerator-type": "L4"})] * 2, "8 GPU where ray.io/accelerator-type=L4: such"),
        ([({"GPU": 1}, {"zone": "x"})], "1 x 1 GPU where zone=x: no node has these labels (zone=None)"),
        ([({"GPU": 1}, {"ray.io/accelerator-type": "in(T4,A10G)"})], "H100, ray.io/accelerator-type=L4)"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(wanted: list[tuple[dict[str, float], dict[str, str]]], says: str) -> None:
    asked = [Bundle(resources=resources, labels=labels) for resources, labels in wanted]
    assert says in lacking(asked, NODES, {"CPU": 2, "GPU": 3})


def launch(name: str, count: int, details: str = "") -> Any:
    return SimpleNamespace(ray_node_type_name=name, count=count, details=details)


def test_what_the_autoscaler_does_is_told() -> None:
    status = SimpleNamespace(
        pending_launches=[launch("h100", 2)],
        pending_nodes=[SimpleNamespace(ray_node_type_name="h100")],
        failed_launches=[launch("l4", 1, "out of quota")],
    )
    said = "3 nodes of type 'h100' are being started, 1 nodes of type 'l4' could not be started: out of quota"
    assert autoscaling(status) == said
    assert autoscaling(SimpleNamespace(pending_launches=[], pending_nodes=[], failed_launches=[])) == ""
