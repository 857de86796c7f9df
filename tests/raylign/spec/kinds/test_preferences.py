"""Preference jobs as documents: checked, planned, refused."""

import json

import pytest
from pairs_job import pairs_job

from raylign.errors import SpecError
from raylign.plan.check import check_job
from raylign.plan.cluster import Cluster, Node
from raylign.plan.glance import glance
from raylign.plan.resolve import make_plan

PAIRS = [("good", "bad")] * 8


def test_a_preference_file_is_known_by_its_columns_and_asks_for_two_actors(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [{"prompt": "Talk.", "chosen": better, "rejected": worse} for better, worse in PAIRS]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    job = pairs_job(task={"prompts": {"path": str(path)}})
    assert check_job(job).prompts == {"talk": len(PAIRS)}
    cluster = Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))
    assert [actor.role for actor in make_plan(job, cluster).actors] == ["policy", "reference"]


@pytest.mark.parametrize("measured", [True, False])
def test_judges_of_the_evaluation_read_its_own_prompts_where_it_has_any(tmp_path, measured):
    trained, held = tmp_path / "pairs.jsonl", tmp_path / "eval.jsonl"
    trained.write_text('{"prompt": "2 + 2?", "chosen": "4", "rejected": "5"}\n' * 8)
    held.write_text('{"prompt": "2 + 3?", "metadata": {"answer": "5"}}\n' * 8)
    task = {"prompts": {"path": str(trained)}, "judges": [{"type": "math"}]}
    if measured:
        job = pairs_job(task={**task, "eval_prompts": {"path": str(held)}}, evaluation={"prompts": 4})
        assert check_job(job).prompts == {"talk": 8}
        glance(job)
    else:
        job = pairs_job(task=task, evaluation={"prompts": 4})
        for looked in (check_job, glance):
            with pytest.raises(SpecError, match="judge 'math' of task 'talk' reads"):
                looked(job)


def test_rows_without_an_answer_are_refused_by_the_check(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "Talk."}\n' * 8)
    with pytest.raises(SpecError, match="line 1 has no `baseline`"):
        check_job(pairs_job(task={"prompts": {"path": str(path)}}))


def test_settings_that_pairs_have_no_use_for_are_refused():
    with pytest.raises(SpecError, match=r"tasks\[0\]\.samples_per_prompt"):
        pairs_job(task={"samples_per_prompt": 4})
    with pytest.raises(SpecError, match="crpg"):
        pairs_job(task={"method": {"type": "crpg"}})
