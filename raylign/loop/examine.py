"""Held-out responses, as the present policy has them: every method's own measure of its task's."""

from collections.abc import Mapping, Sequence

from raylign.loop.logprobs import policy_logprobs, reference_logprobs
from raylign.spec.job import Job
from raylign.types import Group
from raylign.workers import Fleet


async def examine(job: Job, groups: Sequence[Group], fleet: Fleet) -> dict[str, Mapping[str, float]]:
    """By task, what its method tells of them; tasks of which it tells nothing are left out."""
    selections = {
        task.name: task.method.select([group for group in groups if group.prompt.task == task.name])
        for task in job.tasks
    }
    chosen = {
        name: [(group.prompt, sample.completion) for group, samples in selection.chosen for sample in samples]
        for name, selection in selections.items()
    }
    policy = await policy_logprobs(fleet.trainer, [pair for pairs in chosen.values() for pair in pairs])
    asking = [pair for task in job.tasks if task.method.needs.reference for pair in chosen[task.name]]
    reference = await reference_logprobs(fleet.reference, asking)
    told = {task.name: task.method.examine(selections[task.name], policy, reference) for task in job.tasks}
    return {name: figures for name, figures in told.items() if figures}
