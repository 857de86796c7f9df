"""Recipes: stages are ordinary jobs, and may name what an earlier one makes; nothing else of the kind."""

from typing import Any

import pytest
import yaml
from recipe_job import policy, recipe, rewarded, stage

from raylign.errors import SpecError
from raylign.spec import load_job, parse_job
from raylign.spec.recipe import one_job, stage_of


def test_stages_are_jobs_in_their_order_and_the_document_comes_back_whole():
    work = parse_job(recipe())
    assert [(job.kind, job.name) for job in work.stages] == [
        ("sft", "sft"), ("reward_model", "reward"), ("align", "align")
    ]  # fmt: skip
    assert (work.jobs, work.extent) == (work.stages, "3 stages")
    assert work.stages[2].tasks[0].reward.model == "stage://reward"
    assert parse_job(work.model_dump(mode="json")) == work
    without_kind = recipe({key: value for key, value in stage("align").items() if key != "kind"})
    assert parse_job(without_kind).stages[0].kind == "align"


def test_a_job_is_its_own_only_one():
    job = parse_job(stage("align"))
    assert (job.stages, job.jobs, job.extent) == ((), (job,), "4 steps")
    assert one_job(job, "x") is job
    with pytest.raises(
        SpecError, match="runs/a is a recipe of several jobs: name one of its stages, sft, reward, align"
    ):
        one_job(parse_job(recipe()), "runs/a")


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        (
            [stage("sft", "sft"), stage("align", **policy("stf"))],
            "stage 'align': the policy is 'stage://stf', and there is no such stage; did you mean 'stage://sft'?",
        ),
        (
            [stage("align", **policy("sft")), stage("sft", "sft")],
            "stage 'align': the policy is 'stage://sft', which comes after it: put stage 'sft' before stage 'align'",
        ),
        ([stage("a", **policy("a"))], "'stage://a', what it makes itself; no stage before it makes one that could be"),
        (
            [stage("sft", "sft"), stage("reward", "reward_model"), stage("align", **policy("reward"))],
            "'stage://reward', a reward model, which gives no next token; it could be stage://sft",
        ),
        (
            [stage("sft", "sft"), stage("reward", "reward_model"), stage("align", **rewarded("sft"))],
            "stage 'align': the reward model of task 'math' is 'stage://sft', a language model, which gives no reward; "
            "it could be stage://reward",
        ),
        (
            [stage("reward", "reward_model"), stage("align", reference={"model": "stage://reward"})],
            "stage 'align': the reference is 'stage://reward', a reward model",
        ),
        ([stage("a"), stage("A")], "two stages are called 'a'"),
        (
            [stage(name, checkpoint={"store": "s3://bucket/run"}) for name in ("a", "b")],
            "two stages have checkpoints in 's3://bucket/run': each needs a `checkpoint.store` of its own",
        ),
        ([stage("a", "sftt")], "'stages[0]' has unknown kind 'sftt'; did you mean 'sft'? Kinds: align, preferences"),
        ([stage("a", stepss=3)], "unknown key 'stages[0].stepss'; did you mean 'steps'?"),
        ([stage("a", "sft", steps=0)], "'stages[0].steps' is 0"),
        ([recipe()], "'stages[0]' has unknown kind 'recipe'"),
    ],
)
def test_stages_that_cannot_follow_are_refused_with_what_to_write(stages, says):
    with pytest.raises(SpecError) as refused:
        parse_job(recipe(*stages))
    assert says in str(refused.value)


def test_a_reward_model_is_made_on_either_and_judges_may_be_made_too():
    judge: dict[str, Any] = {"type": "llm", "model": "stage://sft", "template": "t", "positive": "a", "negative": "b"}
    judged = stage("align", **policy("sft"))
    judged["tasks"][0]["judges"] = [judge]
    again = stage("again", "reward_model", **policy("reward"))
    work = parse_job(recipe(stage("sft", "sft"), stage("reward", "reward_model"), again, judged))
    assert work.stages[3].askers()[0].model == "stage://sft"
    judged["tasks"][0]["judges"] = [{**judge, "model": "stage://reward"}]
    with pytest.raises(SpecError, match="task 'math' is 'stage://reward', a reward model"):
        parse_job(recipe(stage("sft", "sft"), stage("reward", "reward_model"), judged))


def test_paths_are_taken_from_the_file_s_folder_and_stages_stay(tmp_path):
    document = recipe()
    document["stages"][0]["tasks"][0]["prompts"]["path"] = "rows.jsonl"
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(document))
    work = load_job(tmp_path / "r.yaml", ["stages.sft.steps=9"])
    assert work.stages[0].tasks[0].prompts.path == str(tmp_path / "rows.jsonl")
    assert work.stages[0].steps == 9
    assert work.stages[1].policy.model == "stage://sft"


def test_what_a_stage_makes_is_known_by_its_name():
    assert [stage_of(name) for name in ("stage://sft", "org/sft", "/models/sft")] == ["sft", None, None]
