"""Rated: what a file of responses with their rewards holds, several to each prompt drawn for the step."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from raylign.clock import Clock
from raylign.errors import SpecError
from raylign.sources.source import Means
from raylign.sources.written import Written
from raylign.spec.job import Job
from raylign.types import Group, Prompt


@asynccontextmanager
async def rated(job: Job, means: Means) -> AsyncIterator["RatedResponses"]:
    """Ready for the first step. Raises `SpecError` where a task's file is none of rated responses, by its first row."""
    for task in job.tasks:
        first = means.world.prompts[task.name][0]
        if not {"responses", "rewards"} <= first.metadata.keys():
            raise SpecError(
                f"task {task.name!r}: {task.prompts.path!r} holds no rated responses ({first.id}): give its rows "
                "`prompt`, `responses` and `rewards`, two lists of one length"
            )
    yield RatedResponses(job, means)


class RatedResponses:
    """Implements `raylign.sources.source.Source`: draw, and no more. All of a row's rewards are its prompt's pool."""

    def __init__(self, job: Job, means: Means) -> None:
        self._taken = {task.name: task.samples_per_prompt for task in job.tasks}
        self._written = Written(job, means, self._texts)

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        return [_rewarded(group) for group in await self._written.groups(step, clock)]

    def held_out(self) -> Sequence[Group]:
        """Those of rows that are rated."""
        return [_rewarded(group) for group in self._written.held_out() if group.samples]

    async def aclose(self) -> None:
        """Nothing is ever begun for later steps."""

    def _texts(self, prompt: Prompt) -> Sequence[str]:
        texts: Sequence[str] = prompt.metadata.get("responses", ())[: self._taken[prompt.task]]
        return texts


def _rewarded(group: Group) -> Group:
    rewards = group.prompt.metadata["rewards"]
    samples = (replace(one, reward=rewards[at]) for at, one in enumerate(group.samples))
    return replace(group, samples=tuple(samples), pool=tuple(rewards))
