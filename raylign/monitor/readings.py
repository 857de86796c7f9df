"""Where the points of gauges stand in events."""

from collections.abc import Callable, Iterator, Mapping

from raylign.monitor.gauge import Point, Read
from raylign.record.events.payloads import CheckpointSaved, EvaluationDone, Payload, PlanMade, StepDone
from raylign.record.events.tasks import TaskMetrics, TaskStep

MOST_NAMES = 32
"""Of what has names of its own in a task: those beyond are left to the run's other curves."""


def of_step(value: Callable[[StepDone], float | None]) -> Read:
    def read(said: Payload) -> Iterator[Point]:
        if isinstance(said, StepDone):
            yield (), value(said)

    return read


def trained(field: str) -> Read:
    def read(said: Payload) -> Iterator[Point]:
        if isinstance(said, StepDone) and said.train is not None:
            yield (), getattr(said.train, field)

    return read


def by_task(value: Callable[[TaskStep], float | None]) -> Read:
    def read(said: Payload) -> Iterator[Point]:
        if isinstance(said, StepDone):
            for task, figures in said.tasks.items():
                yield (task,), value(figures)

    return read


def by_name(values: Callable[[TaskStep], Mapping[str, float | None]]) -> Read:
    """By task and a name."""

    def read(said: Payload) -> Iterator[Point]:
        if isinstance(said, StepDone):
            for task, figures in said.tasks.items():
                for name, value in sorted(values(figures).items())[:MOST_NAMES]:
                    yield (task, name), value

    return read


def phases(said: Payload) -> Iterator[Point]:
    if isinstance(said, StepDone):
        for phase, seconds in said.seconds.items():
            yield (phase,), seconds


def task_norms(said: Payload) -> Iterator[Point]:
    if isinstance(said, StepDone) and said.train is not None:
        for task, norm in said.train.grad_norm_by_task.items():
            yield (task,), norm


def loss_parts(said: Payload) -> Iterator[Point]:
    if isinstance(said, StepDone) and said.train is not None:
        for task, figures in said.train.loss_metrics.items():
            for name, value in sorted(figures.items())[:MOST_NAMES]:
                yield (task, name), value


def evaluated(value: Callable[[TaskMetrics], float | None]) -> Read:
    def read(said: Payload) -> Iterator[Point]:
        if isinstance(said, EvaluationDone):
            for task, figures in said.tasks.items():
                yield (task,), value(figures)

    return read


def steps(said: Payload) -> Iterator[Point]:
    if isinstance(said, StepDone | PlanMade):
        yield (), said.steps


def checkpoint(said: Payload) -> Iterator[Point]:
    if isinstance(said, CheckpointSaved):
        yield (), said.step


def checkpoint_seconds(said: Payload) -> Iterator[Point]:
    if isinstance(said, CheckpointSaved):
        yield (), said.seconds
