"""The arms: one job each. The same prompts, steps, samples, seed and length-loving reward; what differs is the judges'
part in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.real.sets import PromptSet

TEMPERATURE = 0.7
LOVES_LENGTH = {"type": "length", "unit": "words", "per": 10}
"""What most arms are paid: words. Nobody asks for that by name; reward models do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One row of the table."""

    name: str
    label: str
    task: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    learning_rate: float = 3e-5


CRPG = {"type": "crpg", "kl_max": 20.0}

ARMS = (
    Arm(
        name="reward-alone",
        label="reward alone",
        task={"method": CRPG, "reward": LOVES_LENGTH, "enforce_judges": False},
    ),
    Arm(
        name="grpo-bonus",
        label="GRPO, judges as a bonus",
        task={
            "method": {"type": "grpo"},
            "reward": {"type": "sum", "of": [LOVES_LENGTH, {"type": "rules", "weight": 4.0}]},
            "enforce_judges": False,
        },
    ),
    Arm(name="crpg", label="CRPG", task={"method": CRPG, "reward": LOVES_LENGTH}),
    Arm(
        name="crpg-rules",
        label="CRPG, paid by its judges alone",
        task={"method": {"type": "crpg", "kl_max": 10.0}, "reward": {"type": "rules"}},
    ),
    Arm(
        name="codpo",
        label="CODPO",
        task={"method": {"type": "codpo"}, "reward": LOVES_LENGTH},
    ),
    Arm(name="crraft", label="CRRAFT", task={"method": {"type": "crraft"}, "reward": LOVES_LENGTH}),
    Arm(
        name="crpg-lora",
        label="CRPG, adapters",
        task={"method": CRPG, "reward": LOVES_LENGTH},
        policy={"lora": {"rank": 16}},
        learning_rate=3e-4,
    ),
)


def job_of(
    arm: Arm, on: PromptSet, *, model: Path, learned: Path, held_out: Path, steps: int, seed: int
) -> dict[str, Any]:
    """The arm as a job document."""
    task = {
        "name": on.name,
        "prompts": {"path": str(learned)},
        "eval_prompts": {"path": str(held_out)},
        "prompts_per_step": 8,
        "samples_per_prompt": 4,
        "judges": list(on.judges),
        **arm.task,
    }
    return {
        "name": arm.name,
        "seed": seed,
        "steps": steps,
        "policy": {"model": str(model), "dtype": "float32", **arm.policy},
        "tasks": [task],
        "rollout": {
            "temperature": TEMPERATURE,
            "max_tokens": on.max_tokens,
            "context_tokens": 256,
            "memory_gb": 0.5,
        },
        "trainer": {"learning_rate": arm.learning_rate, "tokens_per_microbatch": 512},
        "checkpoint": {"every": 10, "keep_last": 1},
        "evaluation": {"prompts": 0},
    }
