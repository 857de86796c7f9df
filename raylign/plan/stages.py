"""Jobs and recipes alike, looked at before anything starts: a recipe is checked and planned stage by stage.

What a stage is to make is not there yet: it is planned as the model that it descends from.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from raylign.errors import PlanError, SpecError
from raylign.plan.check import Checked, check_job
from raylign.plan.cluster import Cluster
from raylign.plan.model_files import ModelInfo, find_model
from raylign.plan.plan import Plan, read_plan
from raylign.plan.resolve import make_plan
from raylign.spec.job import Job
from raylign.spec.recipe import Work, stage_of

Inspect: TypeAlias = Callable[[str], ModelInfo | None]
"""What a model is, by its name; None where that is not known here."""
WRITER = re.compile(r"(ForCausalLM|LMHeadModel|ForConditionalGeneration)$")
"""End of an architecture's name, in whose place a reward model's has another."""


def check_work(work: Work) -> tuple[Checked, ...]:
    """What `check_job` says of each of its jobs. Raises `SpecError` that names the stage."""
    found = []
    for job, inspect in inspectors(work, find_model):
        with naming(work, job):
            found.append(check_job(job, inspect=inspect))
    return tuple(found)


def plan_work(work: Work, cluster: Cluster, checked: Sequence[Checked]) -> tuple[Plan, ...]:
    """A plan of each of its jobs. ``checked``: what `check_work` found.

    Raises as `make_plan` does, with the stage's name.
    """
    plans = []
    for job, seen in zip(work.jobs, checked, strict=True):
        with naming(work, job):
            plans.append(make_plan(job, cluster, checked=seen))
    return tuple(plans)


def plans_told(work: Work, plans: Sequence[Plan]) -> dict[str, Any]:
    """Plain data: a job's plan as it is, a recipe's under ``stages``."""
    told = [plan.to_dict() for plan in plans]
    return {"job": work.name, "stages": told} if work.stages else told[0]


def read_plans(told: Mapping[str, Any]) -> tuple[Plan, ...]:
    """The plans of which ``told`` is the plain data. Raises as `read_plan` does."""
    return tuple(map(read_plan, told.get("stages", [told])))


def together(work: Work, checked: Sequence[Checked]) -> Checked:
    """What was found of all its jobs as one; of a recipe each task, and what is said, after its stage's name."""
    if not work.stages:
        return checked[0]
    named = [(job.name, one) for job, one in zip(work.jobs, checked, strict=True)]
    return Checked(
        models={model: info for _, one in named for model, info in one.models.items()},
        surveys={f"{name}/{task}": survey for name, one in named for task, survey in one.surveys.items()},
        kept={},
        understood=tuple(f"stage {name!r}: {line}" for name, one in named for line in one.understood),
        warnings=tuple(f"stage {name!r}: {line}" for name, one in named for line in one.warnings),
        notes=tuple(dict.fromkeys(line for _, one in named for line in one.notes)),
    )


def inspectors(work: Work, inspect: Inspect) -> Iterator[tuple[Job, Inspect]]:
    """Each of its jobs, with who tells of models that are not there yet what they will be."""
    made = {job.name: job for job in work.stages}

    def look(model: str) -> ModelInfo | None:
        name = stage_of(model)
        if name not in made:
            return inspect(model)
        info = look(made[name].policy.model)
        if info is None or not made[name].rates:
            return info
        return replace(info, architecture=WRITER.sub("ForSequenceClassification", info.architecture))

    for job in work.jobs:
        yield job, look


@contextmanager
def naming(work: Work, job: Job) -> Iterator[None]:
    """What is wrong with a stage is said of that stage."""
    try:
        yield
    except (SpecError, PlanError) as error:
        if not work.stages:
            raise
        raise type(error)(f"stage {job.name!r}: {error}") from None
