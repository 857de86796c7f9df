"""The jobs that make the tiny models: a policy, then from its weights who rewards and who judges."""

from pathlib import Path
from typing import Any

from examples.world.amounts import Amounts

MODELS = ("policy", "helpfulness", "safety", "judge")
"""A stage each, in this order."""
HELD_OUT = 0.02
"""Share of the lessons that measures what is learned."""


def recipe(work: Path, amounts: Amounts) -> dict[str, Any]:
    """The document. ``work`` has the model to begin with, ``untaught``, and ``lessons/MODEL.jsonl``."""

    def stage(name: str, kind: str, model: str, *, steps: int, batch: int, rate: float) -> dict[str, Any]:
        return {
            "kind": kind,
            "name": name,
            "seed": amounts.seed,
            "steps": steps,
            "policy": {"model": model, "dtype": "float32"},
            "tasks": [
                {
                    "name": "lessons",
                    "prompts": {"path": str(work / "lessons" / f"{name}.jsonl")},
                    "holdout": HELD_OUT,
                    "prompts_per_step": batch,
                }
            ],
            "rollout": {"max_tokens": 120},
            "trainer": {
                "learning_rate": rate,
                "weight_decay": 0.01,
                "schedule": {"type": "cosine", "warmup_steps": max(steps // 20, 1), "final": 0.02},
                "tokens_per_microbatch": 16_384,
            },
            "checkpoint": {"every": max(steps // 4, 1), "keep_last": 1},
            "evaluation": {"rows": 256},
        }

    rewards: dict[str, Any] = {"steps": amounts.reward_steps, "batch": amounts.batch // 2, "rate": 2e-3}
    return {
        "kind": "recipe",
        "name": "tiny-world",
        "stages": [
            stage("policy", "sft", str(work / "untaught"), steps=amounts.policy_steps, batch=amounts.batch, rate=4e-3),
            stage("helpfulness", "reward_model", "stage://policy", **rewards),
            stage("safety", "reward_model", "stage://policy", **rewards),
            stage("judge", "sft", "stage://policy", steps=amounts.judge_steps, batch=amounts.batch, rate=2e-3),
        ],
    }
