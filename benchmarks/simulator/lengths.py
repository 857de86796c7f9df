"""How long responses are: as if each token had the same chance to be the last, cut at the limit."""

from functools import cache
from math import ceil, expm1, log1p


def quantile(share: float, *, mean: float, limit: int) -> int:
    """The length that ``share`` (in [0, 1)) of responses do not exceed, of mean ``mean``, ended by ``limit``."""
    if mean >= limit:
        return limit
    return min(limit, max(1, ceil(-log1p(-share) / _rate(mean, limit))))


@cache
def _rate(mean: float, limit: int) -> float:
    """Of an exponential distribution whose mean, cut at the limit, is that: ``(1 - exp(-r L)) / r``."""
    low, high = 0.0, 2.0
    for _ in range(60):
        rate = (low + high) / 2
        # A length is rounded up: half a token more, on average, than what it was drawn as.
        if -expm1(-rate * limit) / rate + 0.5 > mean:
            low = rate
        else:
            high = rate
    return high
