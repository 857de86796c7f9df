"""Which models a job names, and what it asks of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from raylign.judges.askers import Question
from raylign.spec.job import Job
from raylign.spec.task import Task

Kind = Literal["writes", "rates", "carries"]
"""What is asked of a model: the next token, one number for a whole text, or to carry a head that gives one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a model."""

    whose: str
    """As messages call it, ``"the reward model of task 'math'"``."""
    model: str
    kind: Kind


def uses(job: Job) -> Iterator[Use]:
    """Each use of a model once, the policy first."""
    yield Use(whose="the policy", model=job.policy.model, kind="carries" if job.rates else "writes")
    if job.other_reference:
        yield Use(whose="the reference", model=job.other_reference, kind="writes")
    for task in job.tasks:
        for part in task.reward_parts:
            for head in part.heads():
                yield Use(whose=f"the reward model of task {task.name!r}", model=head.model, kind="rates")
        for whose, question in questions(task):
            for model in question.asker.models:
                yield Use(whose=whose, model=model, kind="writes")


def questions(task: Task) -> Iterator[tuple[str, Question]]:
    """What the task asks of models, each with whose question it is."""
    for judge in task.judges:
        for question in judge.asks():
            yield f"judge {judge.label!r} of task {task.name!r}", question
    for part in task.reward_parts:
        for question in part.asks():
            yield f"reward {part.label!r} of task {task.name!r}", question
    for question in task.method.asks():
        yield f"the annotator of task {task.name!r}", question
