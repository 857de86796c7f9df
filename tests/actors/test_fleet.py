"""What an actor is started with."""

from pathlib import Path
from typing import Any

import pytest

from actors.fleet import RayFleet, _askers, environment
from raylign.judges import libraries
from raylign.judges.askers import Endpoint, Engine
from raylign.judges.endpoints import registry
from raylign.plan.cluster import Cluster, Node
from raylign.plan.plan import ActorPlan
from raylign.plan.resolve import make_plan
from raylign.spec import parse_job


def test_judges_get_the_operators_libraries_whatever_node_they_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = ActorPlan(
        name="judge/0", role="judge", index=0, cpus=1.0, gpus=0.0, threads=1, model="", memory={}, unknown=()
    )
    assert libraries.VARIABLE not in environment(actor, "cpu")
    monkeypatch.setenv(libraries.VARIABLE, "numpy")
    assert environment(actor, "cpu")[libraries.VARIABLE] == "numpy"


def test_workers_hear_of_the_operators_endpoints_and_never_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = ActorPlan(
        name="endpoint/0", role="endpoint", index=0, cpus=1.0, gpus=0.0, threads=1, model="", memory={}, unknown=()
    )
    monkeypatch.setenv(registry.VARIABLE, "/etc/endpoints.yaml")
    monkeypatch.setenv("LARGE_KEY", "s3cret")
    assert environment(actor, "cpu")[registry.VARIABLE] == "/etc/endpoints.yaml"
    assert "s3cret" not in environment(actor, "cpu").values()


class Placed:
    """A member as far as `RayFleet` sorts them."""

    def __init__(self, plan: ActorPlan) -> None:
        self.plan = plan


def test_every_engine_and_endpoint_serves_whom_the_job_has_it_serve(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "x"}\n')
    large = {"model": "org/m", "replicas": 2, "dtype": "bfloat16"}
    asked: list[Any] = ["org/m", {"endpoint": "far"}, large, {"endpoint": "near"}, "org/m"]
    judges = [{"type": "llm", "name": f"j{at}", "question": "safety", "model": one} for at, one in enumerate(asked)]
    task = {"name": "t", "prompts": {"path": str(tmp_path / "prompts.jsonl")}, "prompts_per_step": 1, "judges": judges}
    task |= {"reward": {"type": "rules"}, "method": {"type": "grpo"}}
    job = parse_job({"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})
    plan = make_plan(job, Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),)))
    fleet = RayFleet(job, plan, job_id="job", emit=lambda payload: None)
    placed: Any = {role: [Placed(actor) for actor in plan.of(role)] for role in ("llm-judge", "endpoint")}
    served = {asker: [member.plan.name for member in members] for asker, members in _askers(job, placed).items()}
    assert served == {
        Engine(model="org/m"): ["llm-judge/0"],
        Engine(**large): ["llm-judge/1", "llm-judge/2"],
        Endpoint(endpoint="far"): ["endpoint/0"],
        Endpoint(endpoint="near"): ["endpoint/1"],
    }
    given = [fleet._arguments(actor, ("", 0)) for actor in (*plan.of("llm-judge"), *plan.of("endpoint"))]
    assert [one.get("dtype", one.get("name")) for one in given] == ["auto", "bfloat16", "bfloat16", "far", "near"]
