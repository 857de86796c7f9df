"""How far chance alone may move a share: 95 % intervals.

Wilson 1927 for a share, Newcombe 1998 (method 10) for the change between two: both hold at few prompts and near 0 and
1, where the usual formula fails. Each prompt counts once, since its own responses resemble each other; evaluations ask
the same prompts before and after, which resemble each other too: their change is surer than its interval says.
"""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

Z = 1.959964
"""Of 95 %."""

Bounds = tuple[float, float]


def wilson(share: float | None, prompts: int | None) -> Bounds | None:
    """Lower and upper bound of a share seen on so many prompts; None where either is not known."""
    if share is None or not prompts:
        return None
    share = min(max(share, 0.0), 1.0)
    shrink = 1 + Z**2 / prompts
    middle = (share + Z**2 / (2 * prompts)) / shrink
    reach = Z / shrink * math.sqrt(share * (1 - share) / prompts + Z**2 / (4 * prompts**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def newcombe(before: float | None, after: float | None, prompts: tuple[int | None, int | None]) -> Bounds | None:
    """Bounds of ``after - before``. Zero between them: the change may be chance."""
    first, last = wilson(before, prompts[0]), wilson(after, prompts[1])
    if before is None or after is None or first is None or last is None:
        return None
    change = after - before
    return (
        change - math.hypot(after - last[0], first[1] - before),
        change + math.hypot(last[1] - after, before - first[0]),
    )


def paired(changes: Sequence[float]) -> Bounds | None:
    """Bounds of a mean of changes, one of each prompt, by their own spread; None of fewer than two."""
    if len(changes) < 2:
        return None
    middle, reach = fmean(changes), Z * stdev(changes) / math.sqrt(len(changes))
    return middle - reach, middle + reach
