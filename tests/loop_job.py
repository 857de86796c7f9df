"""A job of three tasks, and prompts for it, for workers in this process."""

from fakes import make_prompt

from raylign.spec import parse_job

PROMPTS = {name: [make_prompt(name, number) for number in range(10)] for name in ("math", "chat", "talk")}


def make_job(**settings):
    reward = {"model": "org/rm"}
    judges = [{"type": "regex", "name": "even", "pattern": "."}]
    document = {
        "name": "test",
        "steps": 6,
        "policy": {"model": "org/policy"},
        "tasks": [
            {
                "name": "math", "prompts": {"path": "p"}, "prompts_per_step": 3, "samples_per_prompt": 4,
                "reward": reward, "judges": judges, "method": {"type": "crpg"},
            },
            {
                "name": "chat", "prompts": {"path": "p"}, "prompts_per_step": 2, "samples_per_prompt": 3,
                "reward": reward, "judges": judges, "method": {"type": "crraft"}, "weight": 0.5,
            },
            {
                "name": "talk", "prompts": {"path": "p"}, "prompts_per_step": 4, "samples_per_prompt": 2,
                "method": {"type": "oaif", "annotator": {"type": "llm", "model": "org/a", "template": "t"}},
            },
        ],
        "checkpoint": {"every": 2},
        "evaluation": {"prompts": 2},
        **settings,
    }  # fmt: skip
    return parse_job(document)
