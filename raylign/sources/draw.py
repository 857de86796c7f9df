"""draw: which prompts a step takes. A function of (seed, task, step): a resumed run draws what it would have drawn."""

from collections.abc import Sequence
from typing import TypeVar

from raylign.errors import SpecError
from raylign.sources.seeds import derive
from raylign.sources.shuffle import Shuffle
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.types import Prompt, Request

T = TypeVar("T")
"""A prompt, or where one stands."""


def draw(task: Task, prompts: Sequence[T], *, seed: int, step: int) -> list[T]:
    """``B_l`` distinct prompts. Each epoch is a fresh shuffle; the few left over at its end sit that epoch out.

    Takes no longer for a million prompts than for ten. Raises `SpecError` where there are fewer than a step takes.
    """
    size = task.prompts_per_step
    if size > len(prompts):
        raise SpecError(
            f"task {task.name!r} takes {size} prompts a step, its file holds {len(prompts)}: "
            "lower `prompts_per_step` or add prompts"
        )
    epoch, turn = divmod(step, len(prompts) // size)
    order = Shuffle(len(prompts), derive(seed, "order", task.name, epoch))
    return [prompts[order[place]] for place in range(turn * size, (turn + 1) * size)]


def requests(
    job: Job, task: Task, prompts: Sequence[Prompt], *, purpose: str, samples: int, first: int = 0, greedy: bool = False
) -> list[Request]:
    """``samples`` completions of each prompt; ``purpose`` seeds them: ``"step 7"``, ``"baseline"``, ...

    ``first``: the index that they begin with. ``greedy``: of the likeliest tokens, not sampled.
    """
    return [
        Request(
            prompt=prompt,
            index=index,
            seed=derive(job.seed, purpose, prompt.id, index),
            temperature=0.0 if greedy else job.rollout.temperature,
            max_tokens=job.longest_response(task),
            stop=task.stop,
            min_tokens=task.min_tokens,
        )
        for prompt in prompts
        for index in range(first, first + samples)
    ]
