"""What a metric is: its name, its labels, and where in a run's events its points are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from raylign.record.events.payloads import Payload

Unit = Literal["share", "seconds", "none"]
Labels = tuple[str, ...]
Point = tuple[Labels, float | None]
"""Values of a gauge's own labels, in their order, and what it shows; None: it has nothing to show."""
Read = Callable[[Payload], Iterator[Point]]
"""A gauge's points in an event; none where the event says nothing of it."""

RUN_LABELS = ("align_job", "attempt")
"""Of every gauge. Not ``job``: Prometheus keeps that word for what it scrapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One metric."""

    name: str
    """Without ``raylign_``."""
    means: str
    """For people, in one line."""
    unit: Unit = "none"
    labels: Labels = ()
    """Beside `RUN_LABELS`. Bounded: tasks, judges, phases and names that a document or the code gives, never a prompt,
    a step or a sample."""
    read: Read

    @property
    def exported(self) -> str:
        """Its name on Ray's metrics pages."""
        return f"ray_raylign_{self.name}"
