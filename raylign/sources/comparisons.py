"""Comparisons: what a preference file holds, as reward models read it: whole conversations."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import takewhile

from raylign.sources.pairs import rejected, require_pairs
from raylign.sources.source import Means
from raylign.sources.written import Written, written
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Group, Prompt, Sample


@asynccontextmanager
async def comparisons(job: Job, means: Means) -> AsyncIterator["Comparisons"]:
    """Ready for the first step. Raises `SpecError` where a task's file is none of pairs, by its first row."""
    require_pairs(job, means)
    yield Comparisons(job, means, lambda prompt: (prompt.baseline, rejected(prompt)))


class Comparisons(Written):
    """The chosen response first. The group's prompt is what both conversations begin with, a response what is left of
    its own: nothing where the conversation cannot be read, and cut where it is longer than the policy's could be."""

    def group(self, task: Task, prompt: Prompt) -> Group:
        texts = [text for text in self._texts(prompt) if isinstance(text, str)]
        rows = [self._means.encode(replace(prompt, baseline=text)) for text in texts]
        longest = len(prompt.token_ids) + self._job.longest_response(task)
        shared = max(1, min(_in_common(rows), *(len(row) - 1 for row in rows)))
        samples = (
            Sample(
                completion=written(prompt, index, text, row[shared:], longest=max(0, longest - shared)),
                verdicts=(),
                asked=False,
            )
            for index, (text, row) in enumerate(zip(texts, rows, strict=True))
        )
        begun = max(rows, key=len)[:shared]
        return Group(prompt=replace(prompt, token_ids=begun or prompt.token_ids), samples=tuple(samples))


def _in_common(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all of them begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*rows, strict=False)))
