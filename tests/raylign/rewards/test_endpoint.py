from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import make_completion, make_prompt

from raylign.errors import SpecError
from raylign.judges.askers import Endpoint, Engine
from raylign.judges.endpoints.registry import VARIABLE
from raylign.plan.check import unregistered
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.rewards.endpoint import EndpointReward
from raylign.rewards.raters import Value
from raylign.spec import Job, parse_job
from raylign.types import Prompt


async def test_the_service_is_asked_for_all_responses_and_its_numbers_stand_where_they_belong() -> None:
    class Raters:
        async def post(self, endpoint: Endpoint, rows: Sequence[tuple[Prompt, str]]) -> list[Value]:
            assert endpoint == Endpoint(endpoint="scores")
            return [float(len(response)) for _, response in rows]

    one, other = make_prompt(number=1), make_prompt(number=2)
    groups = [(one, [make_completion(one, text="a"), make_completion(one, 1, text="bb")])]
    groups += [(other, [make_completion(other, text="ccc")])]
    assert await EndpointReward(endpoint="scores").rate(Raters(), groups) == [[1.0, 2.0], [3.0]]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "x"}\n')
    task = {
        "name": "t", "prompts": {"path": str(tmp_path / "prompts.jsonl")}, "method": {"type": "grpo"},
        "prompts_per_step": 1,
        "judges": [{"type": "llm", "model": {"endpoint": "large"}, "question": "safety"}],
        "reward": {"type": "endpoint", "endpoint": "scores"},
    }  # fmt: skip
    return parse_job({"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]})


def test_each_endpoint_has_a_worker_and_no_gpu(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    plan = make_plan(job, Cluster(nodes=(Node(cpus=8.0, gpus=8.0, memory_bytes=2**40),)))
    assert [(actor.name, actor.gpus, actor.model) for actor in plan.of("endpoint")] == [
        ("endpoint/0", 0.0, ""),
        ("endpoint/1", 0.0, ""),
    ]
    assert [one.endpoint for one in job.endpoints()] == ["large", "scores"]
    assert (job.engines(), plan.of("llm-judge")) == ([], [])
    assert parse_job(job.model_dump(mode="json")) == job


def test_an_endpoint_that_the_operator_does_not_know_is_refused(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert unregistered(job) == ["large", "scores"]
    path = tmp_path / "endpoints.yaml"
    monkeypatch.setenv(VARIABLE, str(path))
    path.write_text("large: {url: 'http://a'}")
    with pytest.raises(SpecError, match="endpoint 'scores' is none that the operator registered; known are large"):
        unregistered(job)
    path.write_text("large: {url: 'http://a'}\nscores: {url: 'http://b'}")
    assert unregistered(job) == []


def test_a_job_names_an_endpoint_and_never_a_place() -> None:
    task = {"name": "t", "prompts": {"path": "p"}, "method": {"type": "grpo"}}
    document = {"name": "j", "steps": 1, "policy": {"model": "org/policy"}, "tasks": [task]}
    for reward in ({"type": "endpoint", "url": "http://a"}, {"type": "endpoint", "endpoint": "http://a"}):
        task["reward"] = reward
        with pytest.raises(SpecError, match=r"tasks\[0\].reward"):
            parse_job(document)
    task["reward"] = {"model": "org/rm"}
    task["judges"] = [{"type": "llm", "question": "safety", "model": {"endpoint": "a", "url": "http://a"}}]
    with pytest.raises(SpecError, match=r"unknown key 'tasks\[0\].judges\[0\].model.url'"):
        parse_job(document)
    assert Engine(model="m") != Endpoint(endpoint="m")
