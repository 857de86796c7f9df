"""From a fine-tuning request to a job.

``auto`` is a vetted number; the operator's ``settings`` say what a request cannot, and what a multiplier multiplies.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from raylign.errors import SpecError
from raylign.service.openai.graders import reward
from raylign.service.openai.requests import (
    Hyperparameters,
    Method,
    NewFineTuning,
    Pairs,
    Reinforcement,
    ReinforcementHyperparameters,
    Supervised,
    SupervisedOptions,
)
from raylign.service.store import DatasetRecord
from raylign.spec.prompts import DATASET

TASK = "training"
CHECKPOINTS = 3
"""Kept of a job, one an epoch: as many as OpenAI keeps."""
LEAST_STEPS_AN_EPOCH = 32
"""Where ``batch_size`` is auto."""
LARGEST_BATCH = 32
UNREAD = frozenset({"tools", "functions", "parallel_tool_calls", "function_call"})
"""Columns that OpenAI trains with, and raylign does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a method's ``auto`` stands for."""

    kind: str
    learning_rate: float
    epochs: int


SFT = Recipe(kind="sft", learning_rate=1e-5, epochs=3)
DPO = Recipe(kind="preferences", learning_rate=1e-6, epochs=1)
GRPO = Recipe(kind="align", learning_rate=1e-6, epochs=1)
BETA = 0.1
SAMPLES = 8
"""Responses to a prompt, where the compute is not multiplied."""
EVALUATED = 128
"""Rows of a validation file that are measured on, at most."""


def document(
    wanted: NewFineTuning,
    *,
    model: str,
    training: DatasetRecord,
    validation: DatasetRecord | None,
    settings: Mapping[str, Any],
    asker: Callable[[str], Any],
) -> dict[str, Any]:
    """The job. ``settings``: the operator's; ``asker``: whom a grader means by the name of a model.

    Raises `SpecError` for what cannot be done as asked.
    """
    told, recipe, task = _course(method_of(wanted), asker)
    rows = _rows(training)
    batch = _batch(told, rows)
    steps_an_epoch = math.ceil(rows / batch)
    rate = settings.get("trainer", {}).get("learning_rate", recipe.learning_rate)
    held = {"eval_prompts": {"path": _path(validation)}} if validation else {}
    return merged(
        settings,
        {
            "kind": recipe.kind,
            "name": wanted.suffix or "fine-tuning",
            "seed": wanted.seed or 0,
            "steps": _or(told.n_epochs, recipe.epochs) * steps_an_epoch,
            "policy": {"model": model},
            "tasks": [
                {
                    "name": TASK,
                    "prompts": {"path": _path(training)},
                    "prompts_per_step": batch,
                    "holdout": 0,
                    **held,
                    **task,
                }
            ],
            "trainer": {"learning_rate": rate * _or(told.learning_rate_multiplier, 1.0)},
            "checkpoint": {"every": steps_an_epoch, "keep_last": CHECKPOINTS},
            "evaluation": _evaluation(recipe, told, _rows(validation) if validation else 0),
        },
    )


def _course(method: Method, asker: Callable[[str], Any]) -> tuple[Hyperparameters, Recipe, dict[str, Any]]:
    """What it is told, what its ``auto`` stands for, and what its task says beside the data."""
    match method:
        case Supervised(supervised=options):
            return options.hyperparameters, SFT, {}
        case Pairs(dpo=pairs):
            beta = _or(pairs.hyperparameters.beta, BETA)
            return pairs.hyperparameters, DPO, {"method": {"loss": "dpo", "beta": beta}}
        case Reinforcement(reinforcement=graded):
            samples = max(2, round(SAMPLES * _or(graded.hyperparameters.compute_multiplier, 1.0)))
            task = {"method": {"type": "grpo"}, "reward": reward(graded.grader, asker), "samples_per_prompt": samples}
            return graded.hyperparameters, GRPO, task


def _evaluation(recipe: Recipe, told: Hyperparameters, rows: int) -> dict[str, Any]:
    """Before and after, of so many rows of a validation file."""
    measured = min(EVALUATED, rows)
    if not isinstance(told, ReinforcementHyperparameters):
        return {"rows": measured}
    every = {} if told.eval_interval == "auto" else {"every": told.eval_interval}
    return {"prompts": measured, "samples": _or(told.eval_samples, 1), **every}


def method_of(wanted: NewFineTuning) -> Method:
    """What was asked for, in one place. Raises `SpecError` where it stands in two."""
    if wanted.method is None:
        return Supervised(
            type="supervised",
            supervised=SupervisedOptions(hyperparameters=wanted.hyperparameters or Hyperparameters()),
        )
    if wanted.hyperparameters is not None:
        raise SpecError("`hyperparameters` stands beside `method`: put it in there")
    return wanted.method


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both, mapping by mapping; where both have a value, that of ``over``."""
    both = {
        name: merged(under[name], value)
        if isinstance(value, Mapping) and isinstance(under.get(name), Mapping)
        else value
        for name, value in over.items()
    }
    return {**under, **both}


def _rows(data: DatasetRecord) -> int:
    """Usable ones. Raises `SpecError` where the data cannot be trained on as it stands."""
    report = data.report or {}
    inspection = report.get("inspection")
    if failure := report.get("failure") or (inspection or {}).get("failure"):
        raise SpecError(f"file {data.id!r} cannot be read: {failure}")
    if inspection is None:
        raise SpecError(f"file {data.id!r} is still being looked at: try again in a moment")
    if unread := sorted(UNREAD.intersection(inspection["extra"])):
        raise SpecError(f"file {data.id!r} has the column {unread[0]!r}, which is not trained with: leave it out")
    if inspection["unusable"]:
        reason, fault = next(iter(inspection["faults"].items()))
        raise SpecError(
            f"{inspection['unusable']} rows of file {data.id!r} cannot be used, the first at {fault['first']}: {reason}"
        )
    rows: int = inspection["usable"]
    return rows


def _batch(told: Hyperparameters, rows: int) -> int:
    if told.batch_size == "auto":
        return max(1, min(LARGEST_BATCH, rows // LEAST_STEPS_AN_EPOCH))
    if told.batch_size > rows:
        raise SpecError(f"`batch_size` is {told.batch_size}, and the training file has {rows} rows: lower it")
    return told.batch_size


def _path(data: DatasetRecord) -> str:
    return f"{DATASET}{data.id}"


def _or(value: Any, auto: Any) -> Any:
    return auto if value == "auto" else value
