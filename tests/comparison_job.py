"""A job that trains a reward model."""

from raylign.spec import parse_job


def comparison_job(*, task=None, **settings):
    document = {
        "kind": "reward_model",
        "name": "test",
        "steps": 4,
        "policy": {"model": "org/policy"},
        "tasks": [{"name": "talk", "prompts": {"path": "p"}, "prompts_per_step": 2, **(task or {})}],
        "checkpoint": {"every": 2},
        **settings,
    }
    return parse_job(document)
