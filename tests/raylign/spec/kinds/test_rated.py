"""Jobs of rated responses as documents: checked, planned, refused."""

import json

import pytest
from rated_job import rated_job

from raylign.errors import SpecError
from raylign.plan.check import check_job
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan


def file(path, *rewards):
    rows = [{"prompt": "Talk.", "responses": ["yes", "no"], "rewards": list(rewards)}] * 8
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return {"prompts": {"path": str(path)}}


def test_a_rated_file_is_known_by_its_columns_and_asks_nobody_for_rewards(tmp_path):
    job = rated_job(task=file(tmp_path / "rated.jsonl", 1.0, 2.0))
    assert check_job(job).prompts == {"talk": 8}
    cluster = Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))
    assert [actor.role for actor in make_plan(job, cluster).actors] == ["policy", "reference"]


def test_a_row_without_all_its_rewards_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"rated.jsonl, line 1: `rewards` must be a list of finite numbers"):
        check_job(rated_job(task=file(tmp_path / "rated.jsonl", 1.0)))


def test_one_response_is_held_against_no_other():
    with pytest.raises(SpecError, match="samples_per_prompt"):
        rated_job(task={"samples_per_prompt": 1})
