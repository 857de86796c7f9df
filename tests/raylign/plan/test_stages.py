"""A recipe is looked at whole before anything starts, by what its stages descend from."""

import json

import pytest
from recipe_job import policy, recipe, stage

from raylign.errors import PlanError, SpecError
from raylign.plan.cluster import Cluster, Node, imagined_cluster
from raylign.plan.glance import glance
from raylign.plan.model_files import inspect_model
from raylign.plan.stages import check_work, inspectors, plan_work, plans_told, read_plans, together
from raylign.spec import parse_job


def test_every_stage_is_planned_as_the_model_it_descends_from():
    work = parse_job(recipe())
    plans = plan_work(work, imagined_cluster(cpus=4, memory_bytes=64 * 2.0**30), check_work(work))
    assert [plan.job for plan in plans] == ["sft", "reward", "align"]
    models = {actor.role: (actor.model, actor.unknown) for actor in plans[2].actors}
    assert models["policy"] == ("stage://sft", ())
    assert models["reward"] == ("stage://reward", ())
    assert all(actor.memory_bytes > 0 for plan in plans for actor in plan.actors)
    assert read_plans(json.loads(json.dumps(plans_told(work, plans)))) == plans
    assert plans_told(work.stages[0], plans[:1]) == plans[0].to_dict()


def test_a_reward_model_to_be_is_no_language_model():
    work = parse_job(recipe())
    *_, (_, look) = inspectors(work, inspect_model)
    assert look("stage://sft").architecture == "LlamaForCausalLM"
    assert look("stage://reward").architecture == "LlamaForSequenceClassification"
    assert look("org/elsewhere") is None


def test_a_stage_that_cannot_fit_is_refused_before_the_first_begins():
    work = parse_job(recipe(stage("sft", "sft"), stage("wide", **policy("sft"), trainer={"ranks": 64})))
    small = Cluster(nodes=(Node(cpus=2, gpus=0, memory_bytes=64 * 2.0**30),))
    with pytest.raises(PlanError, match=r"^stage 'wide': job 'wide' does not fit the cluster. It needs 1"):
        plan_work(work, small, check_work(work))


@pytest.mark.parametrize("look", [check_work, glance])
def test_what_is_wrong_is_said_of_its_stage(look):
    long = stage("long", **policy("sft"), rollout={"max_tokens": 256})
    with pytest.raises(SpecError, match=r"^stage 'long': task 'math' may answer with 256 tokens.*has 256"):
        look(parse_job(recipe(stage("sft", "sft"), long)))


def test_what_a_stage_makes_is_no_model_for_a_job():
    with pytest.raises(SpecError, match="'stage://sft' is what a stage of a recipe makes: only a later stage of it"):
        check_work(parse_job(stage("align", **policy("sft"))))


def test_what_was_found_is_told_as_one():
    work = parse_job(recipe())
    told = together(work, check_work(work))
    assert told.prompts.keys() == {"sft/math", "reward/math", "align/math"}
    assert any(line.startswith("stage 'reward': prompts of task 'math': read as TRL") for line in told.understood)
    job = parse_job(stage("align"))
    (alone,) = check_work(job)
    assert together(job, (alone,)) is alone
