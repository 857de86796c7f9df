"""Where a step's seconds go."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

PHASES = ("draw", "generate", "judge", "select", "score", "pack", "step", "norms", "publish")


class Clock:
    """Seconds per phase. ``judge`` counts only what judging adds after generation has ended: the two overlap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.begun = now()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = self.start(name)
        try:
            yield
        finally:
            self.stop(name, start)

    def start(self, name: str) -> float:
        self.seconds[name] += 0.0
        return now()

    def stop(self, name: str, start: float) -> None:
        self.seconds[name] += now() - start

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
        return now() - self.begun


def now() -> float:
    """By the event loop that runs, whose time a simulation may have leap; by the machine's clock where none does."""
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()
