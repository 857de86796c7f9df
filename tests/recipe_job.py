"""Recipes for tests: small jobs of the tiny world, one after another."""

from copy import deepcopy
from typing import Any

from jobs import EXAMPLES

TINY = EXAMPLES / "tiny"
_POLICY = {"model": str(TINY / "policy"), "dtype": "float32"}
_SETTINGS = {"steps": 4, "rollout": {"max_tokens": 40}, "checkpoint": {"every": 2}, "evaluation": {"prompts": 0}}


def stage(name: str, kind: str = "align", **settings: Any) -> dict[str, Any]:
    """A job of the tiny world; one of whatever kind that has its task's needs."""
    rows = "pairs" if kind == "reward_model" else "prompts"
    task: dict[str, Any] = {"name": "math", "prompts": {"path": str(TINY / rows / "math.jsonl")}, "prompts_per_step": 4}
    if kind == "align":
        task |= {"reward": {"type": "rules"}, "judges": [{"type": "math"}], "method": {"type": "grpo"}}
    return deepcopy({"kind": kind, "name": name, "policy": _POLICY, "tasks": [task], **_SETTINGS, **settings})


def policy(maker: str) -> dict[str, Any]:
    """Settings of a stage that goes on with what another made."""
    return {"policy": {**_POLICY, "model": f"stage://{maker}"}}


def rewarded(maker: str) -> dict[str, Any]:
    """Tasks of a stage whose reward model another made."""
    (task,) = stage("any")["tasks"]
    return {"tasks": [{**task, "reward": {"model": f"stage://{maker}"}}]}


def recipe(*stages: dict[str, Any]) -> dict[str, Any]:
    """The document of these stages; by default a finetuning, a reward model, and an alignment by both."""
    chain = (
        stage("sft", "sft"),
        stage("reward", "reward_model", **policy("sft")),
        stage("align", **policy("sft"), **rewarded("reward")),
    )
    return {"kind": "recipe", "name": "chain", "stages": deepcopy(list(stages or chain))}
