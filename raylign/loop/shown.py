"""Responses for people to look at: a few, in the order of the prompts, so that nobody picked them; long ones cut."""

from collections.abc import Sequence

from raylign.record.events.payloads import SamplesShown
from raylign.record.events.tasks import ShownSample
from raylign.spec.job import Job
from raylign.types import Group, Sample
from raylign.verdicts import Verdict

LONGEST = 8_000
"""Characters of a text in an event: a batch of events must fit a report to the gateway, however long responses are."""


def samples_shown(job: Job, step: int, groups: Sequence[Group]) -> SamplesShown | None:
    """Of a step's groups, where its samples are to be shown."""
    if not job.samples.due(step, job.steps):
        return None
    by_task = {task.name: [group for group in groups if group.prompt.task == task.name] for task in job.tasks}
    return SamplesShown(
        step=step,
        tasks={name: tuple(map(shown, mine[: job.samples.each])) for name, mine in by_task.items() if mine},
    )


def shown(group: Group) -> ShownSample:
    """The first response of a prompt, with what was said of it."""
    sample = group.samples[0]
    return ShownSample(
        prompt=_cut(group.prompt.question),
        response=_cut(sample.completion.text),
        satisfied=sample.satisfied,
        reward=sample.reward,
        verdicts={verdict.judge: _cut(_words(verdict)) for verdict in sample.verdicts},
        rewards=_parts(sample),
        rulings={verdict.judge: verdict.satisfied for verdict in sample.verdicts},
    )


def _parts(sample: Sample) -> dict[str, str]:
    """Of a reward; nothing where its number says it all."""
    if len(sample.ratings) == 1 and sample.reward is not None:
        return {}
    return {
        rating.reward: rating.reason if rating.value is None else f"{rating.value:.4g}" for rating in sample.ratings
    }


def _words(verdict: Verdict) -> str:
    if verdict.charged:
        return f"{verdict.reason} (an abstention that counts as a violation)"
    return verdict.reason or ("satisfied" if verdict.satisfied else "violated")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text) - LONGEST} characters more)"
