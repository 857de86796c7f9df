"""Which models a job names, and for what."""

from jobs import EXAMPLES
from recipe_job import policy, recipe, rewarded, stage

from raylign.spec import load_job, parse_job
from raylign.spec.uses import Use, uses


def test_each_use_of_a_model_is_told_once_with_what_is_asked_of_it():
    *_, align = parse_job(recipe()).stages
    assert list(uses(align)) == [
        Use(whose="the policy", model="stage://sft", kind="writes"),
        Use(whose="the reward model of task 'math'", model="stage://reward", kind="rates"),
    ]
    made = parse_job(stage("r", "reward_model"))
    assert [use.kind for use in uses(made)] == ["carries"]


def test_judges_annotators_and_references_are_uses_too():
    told = {(use.whose, use.model.rsplit("/", 1)[-1], use.kind) for use in uses(load_job(EXAMPLES / "demo.yaml"))}
    assert ("the reward model of task 'harmful'", "safety", "rates") in told
    assert all(kind == "writes" for _, model, kind in told if model == "judge")
    document = stage("a", reference={"model": "org/other"}, **rewarded("none"))
    document["policy"] = policy("none")["policy"]
    assert [use.whose for use in uses(parse_job(document))][:2] == ["the policy", "the reference"]
