"""Where a step's seconds go."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

PHASES = ("draw", "generate", "judge", "select", "score", "pack", "step", "norms", "publish")


class Clock:
    """Seconds per phase. ``judge`` counts only what judging adds after generation has ended: the two overlap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.begun = time.perf_counter()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = self.start(name)
        try:
            yield
        finally:
            self.stop(name, start)

    def start(self, name: str) -> float:
        self.seconds[name] += 0.0
        return time.perf_counter()

    def stop(self, name: str, start: float) -> None:
        self.seconds[name] += time.perf_counter() - start

    def part(self, name: str, *, of: str, seconds: float) -> None:
        """Count these seconds of a phase under a name of their own; where there are none, not at all."""
        if seconds:
            self.seconds[of] -= seconds
            self.seconds[name] += seconds

    def add(self, other: "Clock") -> None:
        """Take in the phases of what was begun before."""
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds

    @property
    def total(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self.begun
