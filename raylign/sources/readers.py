"""Whether the reward models can read what they will be shown: asked before the first step, of prompts as they are."""

from collections import Counter
from collections.abc import Mapping

from raylign.errors import SpecError
from raylign.record.events import Emit
from raylign.record.events.payloads import Warned
from raylign.rewards.raters import Head
from raylign.sources.deck import Outline
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.workers import Judges, Reading, Roles


async def require_readers(job: Job, outlines: Mapping[str, Outline], judges: Judges, emit: Emit) -> None:
    """Warn of prompts that a task's reward model refuses, and of a context that its responses may pass.

    Raises `SpecError` where it refuses every prompt of a task: no response could ever be rewarded.
    """
    for task in job.tasks:
        heads = [head for part in task.reward_parts for head in part.heads()]
        if not heads:
            continue
        outline = outlines[task.name]
        for head in heads:
            reading = await judges.reading(head, list(outline.roles))
            refused = _refused(task, head, Counter(outline.roles), reading)
            for message in (*refused, *_beyond(job, task, head, outline.longest, reading)):
                emit(Warned(message=message))


def _refused(task: Task, head: Head, shapes: Counter[Roles], reading: Reading) -> list[str]:
    refused = sum(shapes[roles] for roles in reading.refusals)
    if not refused:
        return []
    roles, said = max(reading.refusals.items(), key=lambda refusal: shapes[refusal[0]])
    message = (
        f"the reward model {head.model!r} refuses {refused:,} of the {shapes.total():,} prompts of task "
        f"{task.name!r}: its chat template does not take turns of {', '.join(roles)}, assistant ({said})"
    )
    if refused == shapes.total():
        raise SpecError(f"{message}. No response could be rewarded: change the prompts, or name another reward model")
    return [f"{message}. Their responses have no reward and are not trained on"]


def _beyond(job: Job, task: Task, head: Head, longest: int, reading: Reading) -> list[str]:
    needed = longest + job.longest_response(task)
    if needed <= reading.context:
        return []
    return [
        f"prompt and response of task {task.name!r} may have {needed:,} tokens, and its reward model "
        f"{head.model!r} reads {reading.context:,}: beyond them a response "
        f"{'violates' if task.enforce_judges else 'has no reward'} (`too long`); lower `max_tokens`, or name a reward "
        "model with a longer context"
    ]
