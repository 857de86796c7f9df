"""Written: a source of responses that a file holds. Nobody is asked for anything."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from raylign.clock import Clock
from raylign.sources.draw import draw
from raylign.sources.source import Means
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Completion, Group, Prompt, Sample

Texts = Callable[[Prompt], Sequence[Any]]
"""The responses to a prompt, by its row; what is no text is not there."""


class Written:
    """Implements `raylign.sources.source.Source`: draw, and no more."""

    def __init__(self, job: Job, means: Means, texts: Texts) -> None:
        self._job = job
        self._means = means
        self._texts = texts

    async def groups(self, step: int, clock: Clock) -> list[Group]:
        with clock.phase("draw"):
            return [
                self.group(task, prompt)
                for task in self._job.tasks
                for prompt in draw(task, self._means.world.prompts[task.name], seed=self._job.seed, step=step)
            ]

    def held_out(self) -> Sequence[Group]:
        rows, prompts = self._job.evaluation.answers, self._means.world.eval_prompts
        return [self.group(task, prompt) for task in self._job.tasks for prompt in prompts[task.name][:rows]]

    async def aclose(self) -> None:
        """Nothing is ever begun for later steps."""

    def group(self, task: Task, prompt: Prompt) -> Group:
        """A prompt with the responses of its row."""
        samples = (
            Sample(completion=self._response(task, prompt, index, text), verdicts=(), asked=False)
            for index, text in enumerate(self._texts(prompt))
            if isinstance(text, str)
        )
        return Group(prompt=prompt, samples=tuple(samples))

    def _response(self, task: Task, prompt: Prompt, index: int, text: str) -> Completion:
        """As the policy would have written it."""
        token_ids = self._means.encode(replace(prompt, baseline=text))
        return written(prompt, index, text, token_ids, longest=self._job.longest_response(task))


def written(prompt: Prompt, index: int, text: str, token_ids: Sequence[int], *, longest: int) -> Completion:
    """A response of a file; cut, and so without an end, where it has more than ``longest`` tokens."""
    return Completion(
        prompt_id=prompt.id,
        index=index,
        text=text,
        token_ids=tuple(token_ids[:longest]),
        logprobs=(),
        finish="length" if len(token_ids) > longest else "stop",
        version=None,
    )
