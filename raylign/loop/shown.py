"""Responses for people to look at: a few, in the order of the prompts, so that nobody picked them; long ones cut."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

from raylign.record.events.payloads import SamplesShown
from raylign.record.events.tasks import ShownSample
from raylign.spec.job import Job
from raylign.types import Group, Sample
from raylign.verdicts import Verdict

LONGEST = 8_000
"""Characters of a text in an event."""
ROOM = 3_000_000
"""Bytes of JSON that all texts of an event may take: a batch of events must fit a report to the gateway, whatever is
written and however much of it is shown. A character takes up to twelve."""
TOGETHER = 100
"""Responses of a step that one event holds; those of more have several."""


def samples_shown(job: Job, step: int, groups: Sequence[Group]) -> Iterator[SamplesShown]:
    """Of a step's groups, where its samples are to be shown."""
    if not job.samples.due(step, job.steps):
        return
    by_task = {task.name: [group for group in groups if group.prompt.task == task.name] for task in job.tasks}
    picked = [group for mine in by_task.values() for group in mine[: job.samples.each]]
    for first in range(0, len(picked), TOGETHER):
        part = picked[first : first + TOGETHER]
        tasks = groupby(part, key=lambda group: group.prompt.task)
        yield SamplesShown(
            step=step, tasks={name: tuple(shown(group, among=len(part)) for group in mine) for name, mine in tasks}
        )


def shown(group: Group, *, among: int = 1) -> ShownSample:
    """The first response of a prompt, with what was said of it. ``among``: how many an event holds."""
    sample = group.samples[0]
    room = ROOM // among
    words = room // 4 // max(1, len(sample.verdicts))
    return ShownSample(
        prompt=_cut(group.prompt.question, room // 4),
        response=_cut(sample.completion.text, room // 2),
        satisfied=sample.satisfied,
        reward=sample.reward,
        verdicts={verdict.judge: _cut(_words(verdict), words) for verdict in sample.verdicts},
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


def _cut(text: str, room: int) -> str:
    """To ``LONGEST``, and to ``room`` bytes of JSON."""
    kept = min(len(text), LONGEST)
    if _bytes(text[:kept]) > room:
        kept = bisect_right(range(kept), room, key=lambda at: _bytes(text[:at])) - 1
    return text if kept == len(text) else f"{text[:kept]}... ({len(text) - kept} characters more)"


def _bytes(text: str) -> int:
    return len(json.dumps(text)) - 2
