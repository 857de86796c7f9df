"""How long prompts are: counted one by one, told as a few numbers and a histogram."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

BARS = 8
"""Of a histogram, about; the prompts in the tail have one more."""
TAIL = 0.99
"""Share of the prompts over which the even bars reach, so that one long document does not flatten all others."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How many prompts have ``low`` to ``high`` tokens or characters, both included."""

    low: int
    high: int
    count: int


class Lengths:
    """Memory holds each length that occurs once: of n different ones the prompts have n^2 / 2 in all, at least."""

    def __init__(self) -> None:
        self._counts = Counter[int]()

    def add(self, length: int) -> None:
        self._counts[length] += 1

    def __len__(self) -> int:
        return self._counts.total()

    def quantile(self, share: float) -> int:
        """The least length that ``share`` of the prompts do not pass: 0 the shortest, 1 the longest."""
        lengths = sorted(self._counts)
        passed = accumulate(self._counts[length] for length in lengths)
        wanted = share * len(self)
        return next(length for length, seen in zip(lengths, passed, strict=True) if seen >= wanted)

    def bars(self) -> list[Bar]:
        """Of one width, 1, 2 or 5 times a power of ten, without gaps; the last one holds the tail."""
        if not self._counts:
            return []
        lowest, reach, longest = (self.quantile(share) for share in (0, TAIL, 1))
        width = next(width for width in _widths() if width * BARS > reach - lowest)
        begins = range(lowest // width * width, reach + 1, width)
        counts = Counter[int]()
        for length, count in self._counts.items():
            counts[min((length - begins[0]) // width, len(begins))] += count
        bars = [Bar(low, low + width - 1, counts[place]) for place, low in enumerate(begins)]
        return bars + [Bar(begins[-1] + width, longest, tail) for tail in [counts[len(begins)]] if tail]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        told = {"shortest": 0.0, "median": 0.5, "p90": 0.9, "p99": TAIL, "longest": 1.0}
        return {
            **{name: self.quantile(share) for name, share in told.items() if self._counts},
            "histogram": [{"low": bar.low, "high": bar.high, "count": bar.count} for bar in self.bars()],
        }


def _widths() -> Iterator[int]:
    scale = 1
    while True:
        yield from (scale, 2 * scale, 5 * scale)
        scale *= 10
