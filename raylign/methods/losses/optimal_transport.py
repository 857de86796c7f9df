"""Losses of a step's pairs as two distributions. Equations: `raylign.losses.optimal_transport`.

Who is set beside whom goes by what the present weights make of the whole step, however it is packed: so that is asked
for before, and told to each pair as a constant.
"""

from collections.abc import Sequence
from typing import Literal

from raylign.methods.losses.loss import Beta, PairLoss, Smoothing
from raylign.methods.selection import Scores, Selection, Term
from raylign.types import Sample


class AOT(PairLoss):
    """The policy's margins, sorted, less the reference's."""

    stands_at = "optimal_transport:AOT"
    reads_present = True
    type: Literal["aot"] = "aot"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    label_smoothing: Smoothing = 0.0
    """Chance that a pair's label is wrong."""

    def terms(self, selection: Selection, scores: Scores) -> list[Term]:
        """The coefficient is the reference's margin of the same rank."""
        pairs = selection.chosen
        reference = [_total(better, scores) - _total(worse, scores) for _, (better, worse) in pairs]
        present = selection.present
        policy = [_total(better, present) - _total(worse, present) for _, (better, worse) in pairs]
        beside = _of_the_same_rank(policy, reference)
        return [
            Term(group=group, samples=samples, coefficient=margin)
            for (group, samples), margin in zip(pairs, beside, strict=True)
        ]


class AOTUnpaired(PairLoss):
    """Log-ratios of the chosen, sorted, less those of the rejected."""

    stands_at = "optimal_transport:AOTUnpaired"
    reads_present = True
    type: Literal["aot_unpaired"] = "aot_unpaired"
    beta: Beta = 0.1
    """Strength of the pull to the reference."""
    label_smoothing: Smoothing = 0.0
    """Chance that a pair's label is wrong."""

    def terms(self, selection: Selection, scores: Scores) -> list[Term]:
        """The targets are the log-ratios of the same rank on the other side."""
        better, worse = (
            [_total(samples[at], selection.present) - _total(samples[at], scores) for _, samples in selection.chosen]
            for at in (0, 1)
        )
        beside = zip(_of_the_same_rank(better, worse), _of_the_same_rank(worse, better), strict=True)
        return [
            Term(group=group, samples=samples, targets=targets)
            for (group, samples), targets in zip(selection.chosen, beside, strict=True)
        ]


def _total(sample: Sample, scores: Scores) -> float:
    """Log-prob of the whole response."""
    return sum(scores[sample.completion.key])


def _of_the_same_rank(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """For each of ours, the one of theirs that stands where it does once both are sorted."""
    found = [0.0] * len(ours)
    for at, value in zip(sorted(range(len(ours)), key=ours.__getitem__), sorted(theirs), strict=True):
        found[at] = value
    return found
