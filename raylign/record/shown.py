"""A run's shown responses, found again in its events: some of them, however many there are."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from heapq import nlargest, nsmallest
from typing import Any, Literal

from raylign.record.events import Event
from raylign.record.events.payloads import EvaluationDone, SamplesShown
from raylign.record.events.tasks import ShownSample

KINDS = (SamplesShown.kind, EvaluationDone.kind)
"""Of events that hold some."""
Order = Literal["newest", "best", "worst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One of them, and where it was made."""

    step: int
    task: str
    evaluation: bool
    """Made by an evaluation after so many steps, not by the training's step of that number."""
    sample: ShownSample
    stage: str = ""
    """Of a recipe."""

    @property
    def worth(self) -> float:
        """By its reward, else by whether it satisfies: what is sorted by."""
        if self.sample.reward is not None:
            return self.sample.reward
        return {True: 1.0, None: 0.5, False: 0.0}[self.sample.satisfied]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, flat."""
        return {
            "stage": self.stage,
            "step": self.step,
            "task": self.task,
            "evaluation": self.evaluation,
            **asdict(self.sample),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which ones; what is absent may be anything."""

    task: str | None = None
    step: int | None = None
    judge: str | None = None
    """One that said something of it."""
    order: Order = "newest"
    count: int = 10

    def of(self, events: Iterable[Event]) -> list[Found]:
        """Those of them among the events, the first one first; memory holds no more than ``count``."""
        wanted = (found for event in events for found in _in(event) if self._wants(found))
        match self.order:
            case "newest":
                return list(deque(wanted, maxlen=self.count))[::-1]
            case "best":
                return nlargest(self.count, wanted, key=lambda found: found.worth)
            case "worst":
                return nsmallest(self.count, wanted, key=lambda found: found.worth)

    def _wants(self, found: Found) -> bool:
        return (
            self.task in (None, found.task)
            and self.step in (None, found.step)
            and (self.judge is None or self.judge in found.sample.verdicts)
        )


def _in(event: Event) -> Iterator[Found]:
    match event.said:
        case SamplesShown(step=step, tasks=tasks, stage=stage):
            for task, samples in tasks.items():
                yield from (Found(stage=stage, step=step, task=task, evaluation=False, sample=one) for one in samples)
        case EvaluationDone(step=step, tasks=measured, stage=stage):
            for task, measure in measured.items():
                yield from (
                    Found(stage=stage, step=step, task=task, evaluation=True, sample=one) for one in measure.samples
                )
