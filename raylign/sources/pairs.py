"""Pairs: what a preference file holds, a chosen and a rejected response to each prompt drawn for the step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from raylign.errors import SpecError
from raylign.sources.source import Means
from raylign.sources.written import Written
from raylign.spec.job import Job
from raylign.types import Prompt


@asynccontextmanager
async def pairs(job: Job, means: Means) -> AsyncIterator[Written]:
    """Ready for the first step. Raises `SpecError` where a task's file is none of pairs, by its first row.

    The chosen response comes first; it is alone where the row has no other.
    """
    require_pairs(job, means)
    yield Written(job, means, lambda prompt: (prompt.baseline, rejected(prompt)))


def require_pairs(job: Job, means: Means) -> None:
    """Raise `SpecError` where a task's first row has no rejected response."""
    for task in job.tasks:
        first = means.world.prompts[task.name][0]
        if not isinstance(rejected(first), str):
            raise SpecError(
                f"task {task.name!r}: {task.prompts.path!r} holds answers and no rejected ones ({first.id}): give its "
                "rows `prompt`, `chosen` and `rejected`"
            )


def rejected(prompt: Prompt) -> Any:
    """The row's; anything but text where it has none."""
    return prompt.metadata.get("rejected")
