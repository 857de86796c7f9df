"""The job document: described, bounded, and its defaults kept."""

import json

import pytest
from documents import document, task
from loop_job import make_job

from raylign.errors import SpecError
from raylign.spec import parse_job
from raylign.spec.kinds import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_in_the_schema(kind):
    schema = kind.model_json_schema()
    bare = [
        f"{name}.{field}"
        for name, model in {"Job": schema, **schema["$defs"]}.items()
        for field, entry in model["properties"].items()
        if field != "type" and not (entry.get("description"))
    ]
    assert bare == []


def test_a_job_survives_json():
    job = parse_job(document())
    assert parse_job(json.loads(job.model_dump_json())) == job


def test_defaults_are_pinned():
    """A default is a promise: change one only with the run that vetted the new value."""
    task = {**document()["tasks"][0], "samples_per_prompt": 2}
    names = ("crpg", "codpo", "crraft", "grpo", "rloo", "reinforce_pp", "vcb", "lagrangian", "nash_md", "xpo")
    methods = [{"type": name} for name in names]
    methods.append({"type": "oaif", "annotator": {"type": "reward"}})
    job = parse_job(document(tasks=[{**task, "name": method["type"], "method": method} for method in methods]))
    assert [task.method.model_dump() for task in job.tasks] == [
        {"type": "crpg", "kl_max": 10.0, "calibrate": True},
        {"type": "codpo", "beta": 0.1, "likelihood_weight": 0.1},
        {"type": "crraft", "kl_max": 10.0},
        {"type": "grpo", "clip": 0.2, "clip_high": None, "beta": 0.04, "normalize": True, "drop_equal": False}
        | {"judge_bonus": 0.0},
        {"type": "rloo", "beta": 0.05, "judge_bonus": 0.0},
        {"type": "reinforce_pp", "clip": 0.2, "beta": 0.01, "kl": "reward", "baseline": False, "judge_bonus": 0.0},
        {"type": "vcb", "nats_per_sigma": 1.0, "pool": 8, "sigma_floor": 0.1},
        {"type": "lagrangian", "target": 0.1, "targets": {}, "rate": 0.1, "initial": 1.0, "ceiling": 10.0}
        | {"normalize": True, "clip": 0.2, "beta": 0.04},
        {"type": "nash_md", "mixture": 0.125, "tau": 0.008, "judge_bonus": 0.0},
        {"type": "xpo", "beta": 0.1, "alpha": 1e-5},
        {"type": "oaif", "loss": {"type": "dpo", "beta": 0.1, "label_smoothing": 0.0}, "beta": None}
        | {"annotator": {"type": "reward"}, "token_level": None, "asking": None},
    ]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (document(tasks=document()["tasks"] * 2), "two tasks are called 'math'"),
        (task(prompts_per_step=10**6, samples_per_prompt=4000), "a step would sample 4000000000 responses"),
    ],
)
def test_what_a_job_as_a_whole_may_not_be(wrong, says):
    with pytest.raises(SpecError) as refused:
        parse_job(wrong)
    assert says in str(refused.value)


def test_responses_have_room_for_the_tokens_that_they_have_at_least():
    given = make_job().model_dump(mode="json", exclude_none=True)
    given["tasks"][0] |= {"min_tokens": 8, "max_tokens": 8}
    job = make_job(tasks=given["tasks"])
    assert (job.bars_ends, make_job().bars_ends) == (True, False)
    given["tasks"][0]["max_tokens"] = 7
    with pytest.raises(SpecError, match="at least 8 tokens, and they have at most 7: raise `max_tokens`"):
        make_job(tasks=given["tasks"])


def test_an_evaluation_that_never_comes_is_refused():
    with pytest.raises(SpecError, match="`evaluation.at` names step 9, and the job ends after 6"):
        make_job(evaluation={"at": [2, 9]})


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ({"push_to": "name"}, "'output.push_to' is 'name'"),
        ({"push_to": "../name"}, "'output.push_to' is '../name'"),
        ({"push_to": "https://host/name"}, "'output.push_to' is 'https://host/name'"),
        ({"push_to": "org/name", "adapter": True}, "the policy has none: add `policy.lora`"),
    ],
)
def test_what_cannot_be_pushed_is_refused(output, says):
    with pytest.raises(SpecError) as refused:
        parse_job(document(output=output))
    assert says in str(refused.value)
