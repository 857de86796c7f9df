"""Before and after: fixed prompts, fixed seeds, as many responses each as asked, nothing trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from raylign.clock import Clock
from raylign.loop.examine import examine
from raylign.loop.logprobs import reference_logprobs
from raylign.loop.measure import group_metrics
from raylign.loop.pass_at import pass_at
from raylign.loop.shown import shown
from raylign.methods.selection import Scores
from raylign.record.events.tasks import TaskEvaluation
from raylign.sources.collect import Collector
from raylign.sources.draw import requests
from raylign.spec.job import Job
from raylign.types import Group, Prompt

SHOWN_SAMPLES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What was measured, and on what."""

    tasks: Mapping[str, TaskEvaluation]
    groups: Mapping[str, Sequence[Group]]
    """By task."""


async def evaluate(
    job: Job, prompts: Mapping[str, Sequence[Prompt]], collector: Collector, held_out: Sequence[Group] = ()
) -> Evaluated:
    """The same prompts and seeds every time, so only the policy differs. ``held_out``: of the job's source.

    One response to every prompt at a time: so much is asked of the workers at once, however many samples there are.
    """
    examined = await examine(job, held_out, collector.fleet) if held_out else {}
    drawn = {task.name: prompts[task.name][: job.evaluation.prompts] for task in job.tasks}
    rounds = [
        await _round(job, drawn, collector, index) for index in range(job.evaluation.samples) if any(drawn.values())
    ]
    groups = [_together(*same) for same in zip(*rounds, strict=True)]
    scores: Scores = {}
    if job.scores_reference and not job.evaluation.greedy:  # greedy: there is no policy whose KL it would be
        first = [(group.prompt, group.samples[0].completion) for group in groups]
        made = [(prompt, completion) for prompt, completion in first if completion.version is not None]
        scores = await reference_logprobs(collector.fleet.reference, made) if made else {}
    by_task = {task.name: [group for group in groups if group.prompt.task == task.name] for task in job.tasks}
    several = sum(len(mine[:SHOWN_SAMPLES]) for mine in by_task.values())
    measured = {
        name: TaskEvaluation(
            **group_metrics(mine, scores),
            pass_at={str(k): pass_at(k, mine) for k in job.evaluation.pass_at},
            samples=tuple(shown(group, among=several) for group in mine[:SHOWN_SAMPLES]),
            held_out=examined.get(name, {}),
        )
        for name, mine in by_task.items()
        if mine or name in examined
    }
    return Evaluated(tasks=measured, groups=by_task)


async def _round(job: Job, prompts: Mapping[str, Sequence[Prompt]], collector: Collector, index: int) -> list[Group]:
    """The response of that index to every prompt."""
    wanted = [
        request
        for task in job.tasks
        for request in requests(
            job,
            task,
            prompts[task.name],
            purpose="evaluation",
            samples=1,
            first=index,
            greedy=job.evaluation.greedy,
        )
    ]
    groups = await collector.collect(wanted, Clock(), annotate=False)
    return groups if index == 0 else [_unscored(group) for group in groups]


def _unscored(group: Group) -> Group:
    """Without log-probs, half of what a response takes in memory: the reference scores the first alone."""
    samples = (replace(one, completion=replace(one.completion, logprobs=())) for one in group.samples)
    return replace(group, samples=tuple(samples))


def _together(first: Group, *others: Group) -> Group:
    """A prompt's responses of all rounds."""
    return replace(first, samples=(*first.samples, *(sample for group in others for sample in group.samples)))
