"""Pairs: what a preference file holds, a chosen and a rejected response to each prompt drawn for the step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from raylign.errors import SpecError
from raylign.methods.kto import label
from raylign.sources.budget import within_budget
from raylign.sources.source import Means
from raylign.sources.written import Written
from raylign.spec.job import Job
from raylign.types import Prompt


@asynccontextmanager
async def pairs(job: Job, means: Means) -> AsyncIterator[Written]:
    """Ready for the first step. Raises `SpecError` where a task's file is none of pairs, by its first row, or holds
    fewer than the task's budget.

    The chosen response comes first; it is alone where the row has no other.
    """
    require_pairs(job, means)
    whole = Written(job, means, _texts)
    prompts = {task.name: await within_budget(job, task, means, partial(whole.group, task)) for task in job.tasks}
    yield Written(job, replace(means, world=replace(means.world, prompts=prompts)), _texts)


def require_pairs(job: Job, means: Means) -> None:
    """Raise `SpecError` where the first row that is trained or measured on has no rejected response, nor, where the
    method takes them one by one, a label."""
    for task in job.tasks:
        read = [(task.prompts, means.world.prompts[task.name])]
        if task.eval_prompts and job.evaluation.needs_answers:
            read.append((task.eval_prompts, means.world.eval_prompts[task.name]))
        for named, prompts in read:
            labelled = task.method.needs.compares is None and label(prompts[0]) is not None
            if not (labelled or isinstance(rejected(prompts[0]), str)):
                raise SpecError(
                    f"task {task.name!r}: {named.path!r} holds answers and no rejected ones ({prompts[0].id}): give "
                    "its rows `prompt`, `chosen` and `rejected`"
                )


def rejected(prompt: Prompt) -> Any:
    """The row's; anything but text where it has none."""
    return prompt.metadata.get("rejected")


def _texts(prompt: Prompt) -> tuple[Any, Any]:
    return prompt.baseline, rejected(prompt)
