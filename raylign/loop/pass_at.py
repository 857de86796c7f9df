"""pass@k: the chance that one of k responses to a prompt satisfies all judges.

Estimated without bias from n >= k samples of which c satisfy, ``1 - C(n-c, k) / C(n, k)``, mean over prompts
(Chen et al., "Evaluating Large Language Models Trained on Code", 2021, eq. 1). ``1 - (1 - c/n)^k`` would be too low.
"""

from collections.abc import Sequence
from math import comb
from statistics import fmean

from raylign.types import Group


def pass_at(k: int, groups: Sequence[Group]) -> float | None:
    """Over the groups' prompts; None where there are none. A response left undecided has not passed."""
    chances = [
        chance(k, samples=len(group.samples), passed=sum(sample.satisfied is True for sample in group.samples))
        for group in groups
    ]
    return fmean(chances) if chances else None


def chance(k: int, *, samples: int, passed: int) -> float:
    """Of one prompt. 1 less the share of all choices of k samples in which none has passed."""
    return 1 - comb(samples - passed, k) / comb(samples, k)
