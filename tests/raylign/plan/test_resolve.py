"""The plan's arithmetic, and what it says when the cluster is too small."""

import json
from dataclasses import replace

import pytest

from raylign.errors import PlanError, SpecError
from raylign.plan.check import check_job
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan
from raylign.record.events.payloads import PlanMade, wire
from raylign.spec import parse_job

GIB = 2**30


def cluster(cpus=8.0, gpus=0.0, nodes=1, memory=64 * GIB):
    return Cluster(nodes=(Node(cpus=cpus, gpus=gpus, memory_bytes=memory),) * nodes)


@pytest.fixture
def job(tmp_path):
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text("\n".join(json.dumps({"prompt": "x" * 40, "metadata": {"answer": "4"}}) for _ in range(20)))

    def build(**settings):
        task = {
            "name": "math", "prompts": {"path": str(prompts)}, "prompts_per_step": 4, "samples_per_prompt": 8,
            "reward": {"model": "org/rm"}, "judges": [{"type": "math"}], "method": {"type": "crpg", "kl_max": 3.0},
        }  # fmt: skip
        task |= settings.pop("task", {})
        return parse_job({"name": "tiny", "steps": 5, "policy": {"model": "org/policy"}, "tasks": [task], **settings})

    return build


def test_actors_and_arithmetic(job):
    plan = make_plan(job(rollout={"max_tokens": 30, "workers": 2}, trainer={"ranks": 2}), cluster())
    assert [actor.name for actor in plan.actors] == [
        "policy/0", "policy/1", "reference/0", "rollout/0", "rollout/1", "reward/0", "judge/0"
    ]  # fmt: skip
    assert plan.samples_per_step == 32
    assert plan.tokens_per_step == 32 * (30 + 10)
    assert plan.tasks[0].kl_max == 3.0
    assert plan.device == "cpu"
    json.dumps(plan.to_dict())


def test_its_event_says_all_that_readers_look_at(job):
    """By the names they look for: what is not there would be read as nothing, and nobody would notice."""
    plan = make_plan(job(), cluster())
    said = PlanMade(**plan.to_dict(), job_id="job_1", dashboard="", run_dir="/r", stage="")
    assert said.model_fields_set >= set(PlanMade.model_fields)
    assert all(part.model_fields_set >= set(type(part).model_fields) for part in (*said.tasks, *said.actors))
    assert (said.job, said.steps, said.actors[0].name) == (plan.job, plan.steps, plan.actors[0].name)
    assert wire(said).items() >= json.loads(json.dumps(plan.to_dict())).items()


def test_rollout_workers_hold_the_policy_whatever_weights_they_start_on(job):
    plan = make_plan(job(reference={"model": "org/reference"}), cluster())
    assert {actor.role: actor.model for actor in plan.actors[:3]} == {
        "policy": "org/policy", "reference": "org/reference", "rollout": "org/policy"
    }  # fmt: skip


def test_each_llm_judge_model_gets_one_engine(job):
    judge = {"type": "llm", "model": "org/judge", "template": "t", "positive": "a", "negative": "b"}
    made = job(task={"judges": [{**judge, "name": "one"}, {**judge, "name": "two"}, {**judge, "model": "org/other"}]})
    assert [asker.model for asker in made.askers()] == ["org/judge", "org/other"]
    plan = make_plan(made, cluster())
    assert [actor.name for actor in plan.of("llm-judge")] == ["llm-judge/0", "llm-judge/1"]
    assert plan.of("judge") == []


def test_an_engine_of_judges_has_the_replicas_and_gpus_that_it_asks_for(job):
    judge = {"type": "llm", "question": "safety"}
    large = {"model": "org/large", "replicas": 2, "tensor_parallel": 4}
    judges = [
        {**judge, "name": "a", "model": "org/judge"},
        {**judge, "name": "b", "model": large},
        {**judge, "model": large},
    ]
    made = job(task={"judges": judges}, resources={"gpus_per_llm_judge": 0.5})
    plan = make_plan(made, cluster(gpus=16))
    assert [(actor.name, actor.gpus, actor.model) for actor in plan.of("llm-judge")] == [
        ("llm-judge/0", 0.5, "org/judge"), ("llm-judge/1", 4.0, "org/large"), ("llm-judge/2", 4.0, "org/large")
    ]  # fmt: skip
    assert [engine.replicas for engine in made.engines()] == [1, 2, 2]


def test_each_engine_of_judges_is_reckoned_by_its_own_settings(job, tiny):
    judge = {"type": "llm", "question": "safety"}
    models = ["org/m", {"model": "org/m", "dtype": "bfloat16", "replicas": 2}]
    made = job(task={"judges": [{**judge, "name": f"j{at}", "model": model} for at, model in enumerate(models)]})
    checked = check_job(made)
    plan = make_plan(made, cluster(), checked=replace(checked, models={**checked.models, "org/m": tiny}))
    weights = [actor.memory["weights"] for actor in plan.of("llm-judge")]
    assert [weight / weights[0] for weight in weights] == [1, 0.5, 0.5]


def test_gpus_are_used_where_there_are_some(job):
    plan = make_plan(job(rollout={"tensor_parallel": 2}), cluster(gpus=8))
    assert plan.device == "cuda"
    assert [(actor.name, actor.gpus) for actor in plan.actors] == [
        ("policy/0", 1.0), ("reference/0", 1.0), ("rollout/0", 2.0), ("reward/0", 1.0), ("judge/0", 0.0)
    ]  # fmt: skip
    assert make_plan(job(resources={"device": "cpu"}), cluster(gpus=8)).device == "cpu"


@pytest.mark.parametrize(
    ("settings", "place", "says"),
    [
        (
            {"resources": {"device": "cuda"}},
            cluster(),
            r"4 GPUs \(policy 1, reference 1, rollout 1, reward 1\), the clu",
        ),
        ({"trainer": {"ranks": 8}}, cluster(gpus=4), r"11 GPUs \(policy 8, .*\), the cluster has 4"),
        ({}, cluster(cpus=0.5), r"1.25 CPUs \(.*\), the cluster has 0.5"),
        ({"rollout": {"tensor_parallel": 4}}, cluster(gpus=2, nodes=4), "4 GPUs on one node for rollout/0, the large"),
        ({}, cluster(memory=1 * GIB), r"GiB of memory, the cluster has 1.0"),
    ],
)
def test_what_is_missing_is_said(job, settings, place, says):
    with pytest.raises(PlanError, match=says):
        make_plan(job(**settings), place)


def test_fewer_prompts_than_a_step_takes_is_refused(job):
    with pytest.raises(SpecError, match="takes 21 prompts a step, .* holds 20"):
        check_job(job(task={"prompts_per_step": 21}))


def test_check_counts_prompts(job):
    assert check_job(job()).prompts == {"math": 20}


def test_a_model_path_that_is_not_there_is_refused(job):
    with pytest.raises(SpecError, match="there is no model directory './nowhere'"):
        check_job(job(policy={"model": "./nowhere"}))


def test_a_template_that_is_not_one_is_refused_before_anything_starts(job):
    judge = {"type": "llm", "model": "org/judge", "template": "{{ response", "positive": "a", "negative": "b"}
    with pytest.raises(SpecError, match="the template of judge 'llm' of task 'math' is not a Jinja template"):
        check_job(job(task={"judges": [judge]}))
