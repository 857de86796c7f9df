"""What each judge of the mixture said, in numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean

from raylign.record.events.tasks import JudgeFigures
from raylign.types import Group, Sample
from raylign.verdicts import LONGEST_REASON, NOT_NEEDED, Verdict, latency

MOST_REASONS = 12
"""Counted apart for one judge: one that names the response in its reason has as many as there are responses."""
OTHERS = "others"


def shares(samples: Iterable[Sample]) -> dict[str, float | None]:
    """Share satisfied per judge, of the responses it had a word on."""
    return {
        judge: fmean(words) if (words := [one.word for one in said if one.word is not None]) else None
        for judge, said in _by_judge(samples).items()
    }


def asked(groups: Iterable[Group]) -> dict[str, int]:
    """On how many prompts a judge had a word."""
    heard = (
        {verdict.judge for sample in group.samples for verdict in sample.verdicts if verdict.word is not None}
        for group in groups
    )
    return dict(Counter(judge for judges in heard for judge in sorted(judges)))


def figures(samples: Iterable[Sample]) -> dict[str, JudgeFigures]:
    """Per judge, its verdicts counted, and its seconds. Who was not asked took none, and did not abstain."""
    return {judge: _figures(said) for judge, said in _by_judge(samples).items()}


def _by_judge(samples: Iterable[Sample]) -> dict[str, list[Verdict]]:
    by_judge: dict[str, list[Verdict]] = {}
    for sample in samples:
        for verdict in sample.verdicts:
            by_judge.setdefault(verdict.judge, []).append(verdict)
    return by_judge


def _figures(said: Sequence[Verdict]) -> JudgeFigures:
    words = Counter(verdict.word for verdict in said)
    reasons = Counter(verdict.reason[:LONGEST_REASON] for verdict in said if verdict.word is None)
    spared = reasons.pop(NOT_NEEDED, 0)
    took = latency(said)
    return JudgeFigures(
        satisfied=words[True],
        violated=words[False],
        abstained=_few(reasons),
        spared=spared,
        mean_s=took.mean_s,
        p95_s=took.p95_s,
    )


def _few(reasons: Counter[str]) -> dict[str, int]:
    """The most frequent, and the others together."""
    ranked = reasons.most_common()
    others = sum(count for _, count in ranked[MOST_REASONS:])
    return dict(ranked[:MOST_REASONS]) | ({OTHERS: others} if others else {})
