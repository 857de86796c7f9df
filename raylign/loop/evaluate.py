"""Before and after: fixed prompts, fixed seeds, one response each, nothing trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raylign.clock import Clock
from raylign.loop.measure import group_metrics
from raylign.loop.prepare import reference_logprobs
from raylign.record.events.tasks import ShownSample, TaskEvaluation
from raylign.sources.collect import Collector
from raylign.sources.draw import requests
from raylign.spec.job import Job
from raylign.types import Group, Prompt
from raylign.verdicts import Verdict

SHOWN_SAMPLES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What was measured, and on what."""

    tasks: Mapping[str, TaskEvaluation]
    groups: Mapping[str, Sequence[Group]]
    """By task."""


async def evaluate(job: Job, prompts: Mapping[str, Sequence[Prompt]], collector: Collector) -> Evaluated:
    """The same prompts and seeds every time, so only the policy differs."""
    wanted = [
        request
        for task in job.tasks
        for request in requests(
            job, task, prompts[task.name][: job.evaluation.prompts], purpose="evaluation", samples=1
        )
    ]
    groups = await collector.collect(wanted, Clock(), annotate=False)
    scores = await reference_logprobs(
        collector.fleet.reference, [(group.prompt, group.samples[0].completion) for group in groups]
    )
    by_task = {task.name: [group for group in groups if group.prompt.task == task.name] for task in job.tasks}
    measured = {
        name: TaskEvaluation(
            **group_metrics(mine, scores), samples=tuple(_shown(group) for group in mine[:SHOWN_SAMPLES])
        )
        for name, mine in by_task.items()
        if mine
    }
    return Evaluated(tasks=measured, groups=by_task)


def _shown(group: Group) -> ShownSample:
    sample = group.samples[0]
    return ShownSample(
        prompt=group.prompt.question,
        response=sample.completion.text,
        satisfied=sample.satisfied,
        reward=sample.reward,
        verdicts={verdict.judge: _words(verdict) for verdict in sample.verdicts},
    )


def _words(verdict: Verdict) -> str:
    if verdict.charged:
        return f"{verdict.reason} (an abstention that counts as a violation)"
    return verdict.reason or ("satisfied" if verdict.satisfied else "violated")
