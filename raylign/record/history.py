"""A run as its event stream tells it: the state that console and report draw."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from raylign.clock import PHASES
from raylign.record.events import Event

WINDOW = 3
"""Steps averaged where one number stands for "at the start" or "now": one step's share is noisy."""


def number(value: object) -> float | None:
    """``value`` as a finite float, or None where it is absent, not a number, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the values that are there; None where none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _sum(values: Sequence[float | None]) -> float | None:
    return None if None in values else sum(value for value in values if value is not None)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def flat_metrics(event: Event) -> dict[str, float | None]:
    """The numbers of a step or evaluation event under flat names; other kinds have none.

    Example: ``{"math/satisfied": 0.71, "math/judges/answer": 0.8, "train/loss": 0.02, "seconds/generate": 0.3}``;
    an evaluation's names start with ``evaluation/``. What is not a finite number is None.
    """
    data = event.data
    if event.kind == "step":
        plain = {key: value for key, value in data.items() if key not in ("step", "steps", "tasks")}
        return _flatten({**data.get("tasks", {}), **plain}, "")
    if event.kind == "evaluation":
        return _flatten(data.get("tasks", {}), "evaluation/")
    return {}


def _flatten(tree: Mapping[str, Any], prefix: str) -> dict[str, float | None]:
    flat: dict[str, float | None] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}/")
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            flat[f"{prefix}{key}"] = number(value)
    return flat


@dataclass
class History:
    """Fold of a run's events. A step that comes again, after a resume, replaces what had followed it."""

    plan: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    """Data of the step events, rising step numbers."""
    evaluations: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Tasks' evaluations by step."""
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    phase: str = "starting"
    detail: str = ""
    end: dict[str, Any] | None = None
    started: float | None = None
    """Time of the first event, Unix seconds."""
    latest: float | None = None
    """Time of the last one."""

    def add(self, event: Event) -> None:
        """Take in one event."""
        data = event.data
        self.started = event.time if self.started is None else self.started
        self.latest = event.time
        if event.kind != "warning":
            self.end = None  # a later attempt goes on after an earlier one's end
        match event.kind:
            case "status":
                self.phase, self.detail = str(data.get("phase", "")), str(data.get("detail") or "")
            case "plan":
                self.plan = data
            case "evaluation":
                self.evaluations[int(data.get("step", 0))] = data.get("tasks", {})
            case "step":
                while self.steps and self.steps[-1]["step"] >= data["step"]:
                    self.steps.pop()
                self.steps.append(data)
                self.phase, self.detail = "training", ""
            case "checkpoint":
                self.checkpoints.append(data)
            case "warning":
                self.warnings.append(str(data.get("message", "")))
            case "end":
                self.end = data

    @property
    def name(self) -> str:
        """The job's name."""
        return str(self.plan.get("job") or "job")

    @property
    def state(self) -> str:
        """``"running"``, or what the end event says."""
        return "running" if self.end is None else str(self.end.get("state", "ended"))

    @property
    def total(self) -> int:
        """Steps the run is to make; 0 while unknown."""
        newest = self.steps[-1].get("steps") if self.steps else None
        return int(newest or self.plan.get("steps") or 0)

    @property
    def done(self) -> int:
        """Steps made; they are numbered from 0."""
        return int(self.steps[-1]["step"]) + 1 if self.steps else 0

    @property
    def seconds_left(self) -> float | None:
        """Rest of the run at the pace of the last ten steps."""
        pace = mean([number(step.get("step_s")) for step in self.steps[-10:]])
        return None if pace is None or not self.total else pace * max(self.total - self.done, 0)

    @property
    def tasks(self) -> list[str]:
        """Task names, in the plan's order where there is a plan."""
        names = [str(task["name"]) for task in self.plan.get("tasks", ()) if "name" in task]
        seen = [
            name for tasks in (*self.evaluations.values(), *(s.get("tasks", {}) for s in self.steps)) for name in tasks
        ]
        return list(dict.fromkeys(names + seen))

    def planned(self, task: str) -> dict[str, Any]:
        """The plan's entry of a task; empty where it has none."""
        return next((entry for entry in self.plan.get("tasks", ()) if entry.get("name") == task), {})

    def limit(self, task: str) -> float | None:
        """The task's KL limit in nats, where its method has one."""
        return number(self.planned(task).get("kl_max"))

    def series(self, task: str, metric: str) -> list[float | None]:
        """One value per step."""
        return [number(step.get("tasks", {}).get(task, {}).get(metric)) for step in self.steps]

    def now(self, task: str, metric: str) -> float | None:
        """Mean of the last steps; before the first step, what was measured before training."""
        if self.steps:
            return mean(self.series(task, metric)[-WINDOW:])
        return self._evaluated(task, metric, last=True)

    def start(self, task: str, metric: str) -> float | None:
        """Mean of the first steps, as like `now` as can be; before the first step, None."""
        return mean(self.series(task, metric)[:WINDOW])

    @property
    def measured_twice(self) -> bool:
        """Whether evaluations show a before and an after; otherwise the training steps have to."""
        return len(self.evaluations) > 1

    def change(self, task: str, metric: str) -> tuple[float | None, float | None]:
        """Before and after: the first and last evaluation, or the first and last steps where there are not two."""
        if self.measured_twice:
            return self._evaluated(task, metric, last=False), self._evaluated(task, metric, last=True)
        if self.steps:
            return self.start(task, metric), self.now(task, metric)
        return self._evaluated(task, metric, last=False), None

    def prompts(self, task: str) -> tuple[int | None, int | None]:
        """On how many prompts `change` was measured, before and after. None where the events do not say."""
        if self.measured_twice or not self.steps:
            before, after = self.change(task, "prompts")
            return _whole(before), _whole(after)
        counts = self.series(task, "prompts")
        return _whole(_sum(counts[:WINDOW])), _whole(_sum(counts[-WINDOW:]))

    def judges(self, task: str) -> dict[str, tuple[float | None, float | None]]:
        """Before and after of every judge's share satisfied, by label."""
        return self._of_judges(task, "judges")

    def asked(self, task: str) -> dict[str, tuple[int | None, int | None]]:
        """On how many prompts the shares of `judges` were measured."""
        counts = self._of_judges(task, "asked")
        return {label: (_whole(before), _whole(after)) for label, (before, after) in counts.items()}

    def _of_judges(self, task: str, metric: str) -> dict[str, tuple[float | None, float | None]]:
        if self.measured_twice:
            first, last = self.evaluation(task, last=False), self.evaluation(task, last=True)
        else:
            first, last = (self.steps[at].get("tasks", {}).get(task, {}) if self.steps else {} for at in (0, -1))
        found = [entry.get(metric) or {} for entry in (first, last)]
        return {label: (number(found[0].get(label)), number(found[1].get(label))) for label in {**found[0], **found[1]}}

    def skips(self, task: str) -> dict[str, int]:
        """Skipped prompts and samples by reason over all steps, most frequent first."""
        total: dict[str, int] = {}
        for step in self.steps:
            for reason, count in (step.get("tasks", {}).get(task, {}).get("skips") or {}).items():
                total[reason] = total.get(reason, 0) + int(count)
        return dict(sorted(total.items(), key=lambda item: -item[1]))

    def seconds(self, last: int | None = None) -> dict[str, float]:
        """Seconds per phase, summed over the last so many steps (all where None), in the order of the loop."""
        chosen = self.steps if last is None else self.steps[-last:]
        spent = [step.get("seconds") or {} for step in chosen]
        names = dict.fromkeys([*PHASES, *(phase for phases in spent for phase in phases)])
        return {name: sum(number(s.get(name)) or 0.0 for s in spent) for name in names if any(name in s for s in spent)}

    def evaluation(self, task: str, *, last: bool) -> dict[str, Any]:
        """The task's first or last evaluation; empty where it has none."""
        if not self.evaluations:
            return {}
        tasks = self.evaluations[max(self.evaluations) if last else min(self.evaluations)]
        return dict(tasks.get(task) or {})

    def _evaluated(self, task: str, metric: str, *, last: bool) -> float | None:
        return number(self.evaluation(task, last=last).get(metric))
