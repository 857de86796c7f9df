"""Reward models: how they are held, and by whom."""

import pytest
from documents import document

from raylign.rewards.model import ModelReward
from raylign.rewards.raters import Head
from raylign.spec import parse_job


def workers(*rewards, **settings):
    """``(models, count, gpus)`` of the reward actors of a job with these rewards, one a task."""
    (task,) = document()["tasks"]
    tasks = [{**task, "name": f"task-{at}", "reward": reward} for at, reward in enumerate(rewards)]
    job = parse_job(document(tasks=tasks, **settings))
    held = [",".join(head.model for head in heads) for heads in job.heads_of_workers()]
    actors = [one for one in job.actors() if one.role == "reward"]
    assert held == [",".join(one.models) for one in actors for _ in range(one.count)]
    return [(",".join(one.models), one.count, one.gpus) for one in actors]


def test_its_settings_are_those_of_its_head():
    assert ModelReward(model="m").heads() == (Head("m"),)
    settings = {"dtype": "bfloat16", "replicas": 2, "tokens_per_batch": 4096}
    assert ModelReward(model="m", **settings).heads() == (Head("m", **settings),)


@pytest.mark.parametrize(
    ("rewards", "actors"),
    [
        ([{"model": "a"}, {"model": "b"}, {"model": "a"}], [("a,b", 1, 1.0)]),
        ([{"model": "a"}, {"model": "b", "replicas": 3}], [("a", 1, 1.0), ("b", 3, 1.0)]),
        ([{"model": "a", "replicas": 2}, {"model": "b"}], [("b", 1, 1.0), ("a", 2, 1.0)]),
        ([{"model": "a", "gpus_per_replica": 4}], [("a", 1, 4.0)]),
        ([{"model": "a", "gpus_per_replica": 2, "replicas": 3}], [("a", 3, 2.0)]),
        ([{"model": "a"}, {"model": "a", "dtype": "bfloat16"}], [("a,a", 1, 1.0)]),  # two models, by what they hold
        ([{"model": "a", "replicas": 2}, {"model": "a", "replicas": 2}], [("a", 2, 1.0)]),
    ],
)
def test_who_has_replicas_or_several_gpus_has_actors_of_its_own(rewards, actors):
    assert workers(*rewards) == actors


def test_the_others_share_what_the_job_has_for_them():
    judging = {"reward_workers": 2}
    found = workers({"model": "a"}, {"model": "b", "replicas": 1}, judging=judging, resources={"gpus_per_reward": 0.5})
    assert found == [("a", 2, 0.5), ("b", 1, 0.5)]
