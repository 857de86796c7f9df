"""Reward models as documents: checked, planned, refused."""

import json

import pytest
from comparison_job import comparison_job

from raylign.errors import SpecError
from raylign.plan.check import check_job
from raylign.plan.cluster import Cluster, Node
from raylign.plan.resolve import make_plan


def test_a_preference_file_is_taken_and_the_policy_alone_is_asked_for(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text(f"{json.dumps({'prompt': 'Talk.', 'chosen': 'Yes.', 'rejected': 'No.', 'margin': 1.5})}\n" * 8)
    job = comparison_job(task={"prompts": {"path": str(path)}})
    assert check_job(job).prompts == {"talk": 8}
    cluster = Cluster(nodes=(Node(cpus=8.0, gpus=0.0, memory_bytes=2**40),))
    assert [actor.role for actor in make_plan(job, cluster).actors] == ["policy"]
    assert job.rates


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"task": {"judges": [{"type": "math"}]}}, "leave out `judges` and `reward`"),
        ({"task": {"reward": {"type": "constant", "value": 1.0}}}, "leave out `judges` and `reward`"),
        ({"policy": {"model": "m", "lora": {"rank": 4}}}, "leave out `policy.lora`"),
        ({"reference": {"model": "m"}}, "leave out `reference`"),
        ({"evaluation": {"prompts": 4}}, "evaluation.prompts"),
        ({"task": {"samples_per_prompt": 4}}, "samples_per_prompt"),
        ({"task": {"per": "token"}}, "leave out `per`"),
    ],
)
def test_what_a_reward_model_has_no_use_for_is_refused(settings, said):
    with pytest.raises(SpecError, match=said):
        comparison_job(**settings)
