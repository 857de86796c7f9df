"""What a step says in numbers: a `StepDone`, and the `TaskMetrics` in it."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from raylign.clock import Clock
from raylign.loop.canaries import agreement
from raylign.loop.mixture import asked, figures, shares
from raylign.loop.prepare import TaskBatch
from raylign.methods.selection import Scores, log_ratio
from raylign.record.events.payloads import StepDone, Trained
from raylign.record.events.tasks import TaskStep, Weighed
from raylign.spec.job import Job
from raylign.types import Group, Sample, StepStats, WeighedText


def step_done(
    job: Job,
    step: int,
    version: int,
    staleness: int,
    batches: Sequence[TaskBatch],
    stats: StepStats | None,
    clock: Clock,
) -> StepDone:
    """``version``: of the weights that the step ended with. ``stats``: None where it had nothing to train on."""
    tokens = sum(
        len(sample.completion.token_ids) for batch in batches for group in batch.groups for sample in group.samples
    )
    return StepDone(
        step=step,
        steps=job.steps,
        version=version,
        staleness=staleness,
        tasks={
            batch.task.name: task_metrics(batch, stats.weighed_by_task.get(batch.task.name, ()) if stats else ())
            for batch in batches
        },
        train=_trained(stats) if stats else None,
        seconds=dict(clock.seconds),
        step_s=clock.total,
        tokens=tokens,
        tokens_per_s=tokens / clock.total,
    )


def oldest(groups: Sequence[Group], version: int) -> int:
    """Staleness of the oldest sample at ``version``; 0 where the policy made none of them."""
    ages = (sample.completion.staleness(version) for group in groups for sample in group.samples)
    return max((age for age in ages if age is not None), default=0)


def task_metrics(batch: TaskBatch, weighed: Sequence[WeighedText] = ()) -> TaskStep:
    """One task's part of a step. ``weighed``: responses whose tokens the loss weighs."""
    return TaskStep(
        **group_metrics(batch.groups, batch.scores),
        calibrated=_mean(batch.chosen.calibrated),
        examples=len(batch.examples),
        skips=dict(batch.skips),
        canaries=agreement(batch.groups),
        method=batch.chosen.figures,
        weighed=tuple(Weighed(tokens=one.tokens, weights=one.weights) for one in weighed),
    )


def group_metrics(groups: Sequence[Group], scores: Scores) -> dict[str, Any]:
    """Of a `TaskMetrics`: shares and means over responses; ``kl`` in nats per response, see `sequence_kl`.

    What judges say together is None where nobody was asked.
    """
    samples = [sample for group in groups for sample in group.samples]
    words = [sample.satisfied for sample in samples if sample.asked]
    return {
        "satisfied": _mean([float(word is True) for word in words]),
        "abstained": _mean([float(word is None) for word in words]),
        "truncated": _mean([float(sample.completion.finish == "length") for sample in samples]),
        "reward": _mean([sample.reward for sample in samples if sample.reward is not None]),
        "rewards": part_means(samples),
        "kl": sequence_kl(groups, scores),
        "tokens": _mean([float(len(sample.completion.token_ids)) for sample in samples]),
        "prompts": len(groups),
        "judges": shares(samples),
        "asked": asked(groups),
        "verdicts": figures(samples),
    }


def part_means(samples: Sequence[Sample]) -> dict[str, float | None]:
    """Mean of each part of a reward that has several, over the responses that it gave a number."""
    by_part: dict[str, list[float]] = {}
    for sample in samples:
        for rating in sample.ratings if len(sample.ratings) > 1 else ():
            values = by_part.setdefault(rating.reward, [])
            if rating.value is not None:
                values.append(rating.value)
    return {part: _mean(values) for part, values in by_part.items()}


def sequence_kl(groups: Sequence[Group], scores: Scores) -> float | None:
    """Estimate of ``KL(pi | ref)`` per response: the mean log-ratio of the policy's own samples.

    A prompt counts with all its samples if the method had all of them scored, else with its first alone, which was
    chosen before any verdict: leaving out what a judge disliked would bias the estimate. None where the policy made
    none of them, or nothing was scored.
    """
    if not scores:
        return None
    per_prompt = []
    for group in groups:
        own = [sample for sample in group.samples if sample.completion.version is not None]
        scored = [sample for sample in own if sample.completion.key in scores]
        taken = scored if len(scored) == len(own) else own[:1]
        if taken:
            per_prompt.append(fmean(log_ratio(sample, scores) for sample in taken))
    return _mean(per_prompt)


def _trained(stats: StepStats) -> Trained:
    return Trained(
        loss=stats.loss,
        grad_norm=stats.grad_norm,
        learning_rate=stats.learning_rate,
        logprob_gap_max=stats.logprob_gap_max,
        logprob_gap_mean=stats.logprob_gap_mean,
        padding=stats.padding,
        grad_norm_by_task=stats.grad_norm_by_task,
        loss_metrics=stats.metrics_by_task,
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
