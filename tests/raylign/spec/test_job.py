"""The job document: described, bounded, and its defaults kept."""

import json

import pytest
from documents import document, task

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
    methods = [{"type": name} for name in ("crpg", "codpo", "crraft", "grpo")]
    methods.append({"type": "oaif", "annotator": {"type": "reward"}})
    job = parse_job(document(tasks=[{**task, "name": method["type"], "method": method} for method in methods]))
    assert [task.method.model_dump() for task in job.tasks] == [
        {"type": "crpg", "kl_max": 10.0, "calibrate": True},
        {"type": "codpo", "beta": 0.1, "likelihood_weight": 0.1},
        {"type": "crraft", "kl_max": 10.0},
        {"type": "grpo", "clip": 0.2, "beta": 0.04, "judge_bonus": 0.0},
        {"type": "oaif", "loss": "dpo", "beta": 0.1, "annotator": {"type": "reward"}},
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
