"""Pairs: what a preference file holds, a chosen and a rejected response to each prompt drawn for the step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from raylign.clock import Clock
from raylign.errors import SpecError
from raylign.sources.draw import draw
from raylign.sources.source import Means
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Completion, Group, Prompt, Sample


@asynccontextmanager
async def pairs(job: Job, means: Means) -> AsyncIterator["Pairs"]:
    """Ready for the first step. Raises `SpecError` where a task's file is none of pairs, by its first row."""
    for task in job.tasks:
        first = means.world.prompts[task.name][0]
        if not isinstance(_rejected(first), str):
            raise SpecError(
                f"task {task.name!r}: {task.prompts.path!r} holds answers and no rejected ones ({first.id}): give its "
                "rows `prompt`, `chosen` and `rejected`"
            )
    yield Pairs(job, means)


class Pairs:
    """Implements `raylign.sources.source.Source`: draw, and no more."""

    def __init__(self, job: Job, means: Means) -> None:
        self._job = job
        self._means = means

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        with clock.phase("draw"):
            return [
                self._group(task, prompt)
                for task in self._job.tasks
                for prompt in draw(task, self._means.world.prompts[task.name], seed=self._job.seed, step=step)
            ]

    async def aclose(self) -> None:
        """Nothing is ever begun for later steps."""

    def _group(self, task: Task, prompt: Prompt) -> Group:
        """The chosen response first; it alone where the row has no other."""
        texts = [prompt.baseline, _rejected(prompt)]
        return Group(
            prompt=prompt,
            samples=tuple(
                Sample(completion=self._response(task, prompt, index, text), verdicts=(), asked=False)
                for index, text in enumerate(texts)
                if isinstance(text, str)
            ),
        )

    def _response(self, task: Task, prompt: Prompt, index: int, text: str) -> Completion:
        """As the policy would have written it; cut, and so without an end, where it would have been."""
        token_ids, longest = self._means.encode(replace(prompt, baseline=text)), self._job.longest_response(task)
        return Completion(
            prompt_id=prompt.id,
            index=index,
            text=text,
            token_ids=token_ids[:longest],
            logprobs=(),
            finish="length" if len(token_ids) > longest else "stop",
            version=None,
        )


def _rejected(prompt: Prompt) -> Any:
    return prompt.metadata.get("rejected")
