"""Supervised finetuning as a document: checked, planned, refused."""

import json

import pytest
from sft_job import sft_job

from raylign.errors import SpecError
from raylign.plan.check import check_job
from raylign.plan.cluster import Cluster, Node
from raylign.plan.glance import glance
from raylign.plan.resolve import make_plan

TURNS = [{"role": "user", "content": "Talk."}, {"role": "assistant", "content": "Yes."}]
ROWS = [
    {"prompt": "Talk.", "completion": "Yes."},
    {"prompt": TURNS[:1], "completion": TURNS[1:]},
    {"messages": TURNS},
    {"prompt": "Talk.", "chosen": "Yes.", "rejected": "No."},
]
CLUSTER = Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))


@pytest.mark.parametrize("row", ROWS, ids=["completion", "conversational", "chat", "preference"])
def test_demonstrations_are_known_by_their_columns_and_ask_for_the_policy_alone(tmp_path, row):
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(row)}\n" * 8)
    job = sft_job(task={"prompts": {"path": str(path)}})
    assert check_job(job).prompts == {"talk": 8}
    assert [actor.role for actor in make_plan(job, CLUSTER).actors] == ["policy"]
    measured = job.model_copy(update={"evaluation": job.evaluation.model_copy(update={"prompts": 4})})
    assert [actor.role for actor in make_plan(measured, CLUSTER).actors] == ["policy", "rollout"]


def test_rows_without_an_answer_are_refused_by_the_check(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "Talk."}\n' * 8)
    with pytest.raises(SpecError, match="line 1 has no `baseline`"):
        check_job(sft_job(task={"prompts": {"path": str(path)}}))


def test_rows_to_measure_on_must_hold_answers_where_these_are_measured(tmp_path):
    trained, held = tmp_path / "rows.jsonl", tmp_path / "eval.jsonl"
    trained.write_text('{"prompt": "Talk.", "completion": "Yes."}\n' * 8)
    held.write_text('{"prompt": "Talk."}\n' * 8)
    task = {"prompts": {"path": str(trained)}, "eval_prompts": {"path": str(held)}}
    for looked in (check_job, glance):
        with pytest.raises(SpecError, match="line 1 has no `baseline`"):
            looked(sft_job(task=task))
        looked(sft_job(task=task, evaluation={"rows": 0, "prompts": 4}))


def test_settings_that_demonstrations_have_no_use_for_are_refused():
    with pytest.raises(SpecError, match=r"tasks\[0\]\.samples_per_prompt"):
        sft_job(task={"samples_per_prompt": 4})
    with pytest.raises(SpecError, match="no method of the job asks a reference: leave out `reference`"):
        sft_job(reference={"model": "org/other"})
    with pytest.raises(SpecError, match="crpg"):
        sft_job(task={"method": {"type": "crpg"}})
