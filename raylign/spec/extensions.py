"""What a job needs of other distributions."""

from raylign.extensions import Distribution, origin
from raylign.spec.job import Job


def needed(job: Job) -> dict[Distribution, str]:
    """Distributions whose kinds the job names, each with one who needs it."""
    found: dict[Distribution, str] = {}
    for task in job.tasks:
        for one in task.feedback:
            kind = type(one)
            if source := origin(kind):
                found.setdefault(source, f"`type: {kind.model_fields['type'].default}` of task {task.name!r}")
    return found
