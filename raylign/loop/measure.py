"""What a batch of groups says in numbers: the `TaskMetrics` of events."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean

from raylign.loop.prepare import TaskBatch
from raylign.methods.selection import Scores, log_ratio
from raylign.record.events.tasks import TaskMetrics, TaskStep
from raylign.types import Group, Sample


def task_metrics(batch: TaskBatch) -> TaskStep:
    """One task's part of a step."""
    return TaskStep(
        **asdict(group_metrics(batch.groups, batch.scores)),
        calibrated=_mean(batch.chosen.calibrated),
        examples=len(batch.examples),
        skips=dict(batch.skips),
    )


def group_metrics(groups: Sequence[Group], scores: Scores) -> TaskMetrics:
    """Shares over responses, means over responses; ``kl`` in nats per response, see `sequence_kl`."""
    samples = [sample for group in groups for sample in group.samples]
    return TaskMetrics(
        satisfied=_mean([float(sample.satisfied is True) for sample in samples]),
        abstained=_mean([float(sample.satisfied is None) for sample in samples]),
        truncated=_mean([float(sample.completion.finish == "length") for sample in samples]),
        reward=_mean([sample.reward for sample in samples if sample.reward is not None]),
        kl=sequence_kl(groups, scores),
        tokens=_mean([float(len(sample.completion.token_ids)) for sample in samples]),
        prompts=len(groups),
        judges=_judge_shares(samples),
        asked=_asked(groups),
    )


def sequence_kl(groups: Sequence[Group], scores: Scores) -> float | None:
    """Estimate of ``KL(pi | ref)`` per response: the mean log-ratio of the policy's own samples.

    A prompt counts with all its samples if the method had all of them scored, else with its first alone, which was
    chosen before any verdict: leaving out what a judge disliked would bias the estimate. None where the policy made
    none of them.
    """
    per_prompt = []
    for group in groups:
        own = [sample for sample in group.samples if sample.completion.version is not None]
        scored = [sample for sample in own if sample.completion.key in scores]
        taken = scored if len(scored) == len(own) else own[:1]
        if taken:
            per_prompt.append(fmean(log_ratio(sample, scores) for sample in taken))
    return _mean(per_prompt)


def _judge_shares(samples: Sequence[Sample]) -> dict[str, float | None]:
    """Share satisfied per judge, of the responses it had a word on."""
    asked, satisfied = Counter[str](), Counter[str]()
    for sample in samples:
        for verdict in sample.verdicts:
            asked[verdict.judge] += verdict.satisfied is not None
            satisfied[verdict.judge] += verdict.satisfied is True
    return {judge: satisfied[judge] / count if count else None for judge, count in asked.items()}


def _asked(groups: Sequence[Group]) -> dict[str, int]:
    """On how many prompts a judge had a word."""
    heard = (
        {verdict.judge for sample in group.samples for verdict in sample.verdicts if verdict.satisfied is not None}
        for group in groups
    )
    return dict(Counter(judge for judges in heard for judge in sorted(judges)))


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
