"""A run as its event stream tells it: the state that console and report draw."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from raylign.clock import PHASES
from raylign.record.events import Event
from raylign.record.events.payloads import (
    CheckpointSaved,
    EvaluationDone,
    PlanMade,
    Pushed,
    RunEnded,
    RunPaused,
    StageBegun,
    Status,
    StepDone,
    Tracked,
    Warned,
)
from raylign.record.events.planned import PlannedTask
from raylign.record.events.tasks import JudgeFigures, TaskEvaluation, TaskMetrics, TaskStep
from raylign.record.metrics import mean

WINDOW = 3
"""Steps averaged where one number stands for "at the start" or "now": one step's share is noisy."""

Metric = Callable[[TaskMetrics], float | None]
"""Of a task, in a step or an evaluation: ``lambda task: task.reward``."""
Change = tuple[float | None, float | None]
"""Before and after."""
PromptCounts = tuple[int | None, int | None]


def satisfied(task: TaskMetrics) -> float | None:
    """The `Metric` that everybody looks at first."""
    return task.satisfied


def kl(task: TaskMetrics) -> float | None:
    """The `Metric` that may have a limit."""
    return task.kl


def _together(figures: Sequence[JudgeFigures]) -> JudgeFigures:
    abstained = Counter[str]()
    for one in figures:
        abstained.update(one.abstained)
    asked = [(one.mean_s, one.satisfied + one.violated + sum(one.abstained.values())) for one in figures]
    timed = [(seconds, count) for seconds, count in asked if seconds is not None]
    counted = sum(count for _, count in timed)
    return JudgeFigures(
        satisfied=sum(one.satisfied for one in figures),
        violated=sum(one.violated for one in figures),
        abstained=dict(abstained.most_common()),
        spared=sum(one.spared for one in figures),
        mean_s=sum(seconds * count for seconds, count in timed) / counted if counted else None,
        p95_s=max((one.p95_s for one in figures if one.p95_s is not None), default=None),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    return None if None in counts else sum(count for count in counts if count is not None)


@dataclass
class History:
    """Fold of a run's events. A step that comes again, after a resume, replaces what had followed it.

    Of a recipe it is the fold of its newest stage, and knows of the ones ``before``.
    """

    stage: StageBegun | None = None
    """Which one, of a recipe."""
    before: list["History"] = field(default_factory=list)
    """The stages that are done."""
    plan: PlanMade | None = None
    steps: list[StepDone] = field(default_factory=list)
    """Rising step numbers."""
    evaluations: dict[int, Mapping[str, TaskEvaluation]] = field(default_factory=dict)
    """Tasks' evaluations by step."""
    checkpoints: list[CheckpointSaved] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    trackers: dict[str, str] = field(default_factory=dict)
    """Where each keeps the curves, by its type."""
    pushed: str = ""
    """Address of the result on the hub, where it is."""
    phase: str = "starting"
    detail: str = ""
    end: RunEnded | None = None
    started: float | None = None
    """Time of the first event, Unix seconds."""
    latest: float | None = None
    """Time of the last one."""

    def add(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event.said, StageBegun):
            self._turn_to(event.said)
        self.started = event.time if self.started is None else self.started
        self.latest = event.time
        if not isinstance(event.said, Warned):
            self.end = None  # a later attempt goes on after an earlier one's end
        match event.said:
            case Status(phase=phase, detail=detail):
                self.phase, self.detail = phase, detail
            case PlanMade() as plan:
                self.plan = plan
            case EvaluationDone(step=step, tasks=tasks):
                self.evaluations[step] = tasks
            case StepDone() as done:
                while self.steps and self.steps[-1].step >= done.step:
                    self.steps.pop()
                self.steps.append(done)
                self.phase, self.detail = "training", ""
            case CheckpointSaved() as saved:
                self.checkpoints.append(saved)
            case Warned(message=message):
                self.warnings.append(message)
            case Pushed(address=address):
                self.pushed = address
            case Tracked(tracker=tracker, link=link):
                self.trackers[tracker] = link
            case RunPaused(message=message):
                self.phase, self.detail = "paused", message
            case RunEnded() as end:
                self.end = end

    def _turn_to(self, begun: StageBegun) -> None:
        """What follows is said of another stage, unless it is the same one that goes on."""
        if self.stage is not None and self.stage.stage != begun.stage:
            succeeded = RunEnded(state="succeeded", message="", model=None, report=None)
            past = replace(self, before=[], end=succeeded)
            vars(self).update(vars(History(before=[*self.before, past])))
        self.stage = begun

    @property
    def chapters(self) -> list["History"]:
        """Its stages so far, in order; itself where it is no recipe's."""
        return [*self.before, self]

    @property
    def name(self) -> str:
        """The job's name, or the recipe's."""
        if self.stage is not None:
            return self.stage.recipe or "recipe"
        return (self.plan and self.plan.job) or "job"

    @property
    def title(self) -> str:
        """The name; of a recipe, with the stage it is in."""
        if self.stage is None:
            return self.name
        return f"{self.name}, stage {self.stage.number} of {self.stage.stages}: {self.stage.stage}"

    @property
    def begun(self) -> float | None:
        """Time of the first event of all stages."""
        return self.chapters[0].started

    @property
    def state(self) -> str:
        """``"running"``, ``"paused"``, or how it ended."""
        if self.end is not None:
            return self.end.state
        return "paused" if self.phase == "paused" else "running"

    @property
    def newest(self) -> StepDone | None:
        """The last step."""
        return self.steps[-1] if self.steps else None

    @property
    def total(self) -> int:
        """Steps the run is to make; 0 while unknown."""
        return (self.newest and self.newest.steps) or (self.plan and self.plan.steps) or 0

    @property
    def done(self) -> int:
        """Steps made; they are numbered from 0."""
        return self.newest.step + 1 if self.newest else 0

    @property
    def seconds_left(self) -> float | None:
        """Rest of the run at the pace of the last ten steps."""
        pace = mean([step.step_s for step in self.steps[-10:]])
        return None if pace is None or not self.total else pace * max(self.total - self.done, 0)

    @property
    def tasks(self) -> list[str]:
        """Task names, in the plan's order where there is a plan."""
        names = [task.name for task in self.plan.tasks] if self.plan else []
        seen = [name for tasks in (*self.evaluations.values(), *(step.tasks for step in self.steps)) for name in tasks]
        return list(dict.fromkeys(names + seen))

    def planned(self, task: str) -> PlannedTask | None:
        """The plan's entry of a task."""
        return next((entry for entry in self.plan.tasks if entry.name == task), None) if self.plan else None

    def limit(self, task: str) -> float | None:
        """The task's KL limit in nats, where its method has one."""
        planned = self.planned(task)
        return planned.kl_max if planned else None

    def series(self, task: str, metric: Callable[[TaskStep], float | None]) -> list[float | None]:
        """One value per step."""
        return [metric(step.tasks[task]) if task in step.tasks else None for step in self.steps]

    def recent(self, task: str, metric: Callable[[TaskStep], float | None]) -> float | None:
        """Mean of the last steps."""
        return mean(self.series(task, metric)[-WINDOW:])

    def now(self, task: str, metric: Metric) -> float | None:
        """Mean of the last steps; before the first step, what was measured before training."""
        return self.recent(task, metric) if self.steps else self._evaluated(task, metric, last=True)

    def start(self, task: str, metric: Metric) -> float | None:
        """Mean of the first steps, as like `now` as can be; before the first step, None."""
        return mean(self.series(task, metric)[:WINDOW])

    @property
    def measured_twice(self) -> bool:
        """Whether evaluations show a before and an after; otherwise the training steps have to."""
        return len(self.evaluations) > 1

    def change(self, task: str, metric: Metric) -> Change:
        """The first and last evaluation, or the first and last steps where there are not two."""
        if self.measured_twice:
            return self._evaluated(task, metric, last=False), self._evaluated(task, metric, last=True)
        if self.steps:
            return self.start(task, metric), self.now(task, metric)
        return self._evaluated(task, metric, last=False), None

    def prompts(self, task: str) -> PromptCounts:
        """On how many prompts `change` was measured, before and after. None where the events do not say."""
        if self.measured_twice or not self.steps:
            first = self.evaluation(task, last=False)
            last = self.evaluation(task, last=True) if self.measured_twice else None
            return first.prompts if first else None, last.prompts if last else None
        counts = [step.tasks[task].prompts if task in step.tasks else None for step in self.steps]
        return _sum(counts[:WINDOW]), _sum(counts[-WINDOW:])

    def pass_at(self, task: str) -> dict[str, Change]:
        """Change of pass@k, by k, from the first to the last evaluation."""
        first, last = self.evaluation(task, last=False), self.evaluation(task, last=True)
        before, after = (one.pass_at if one else {} for one in (first, last))
        return {k: (before.get(k), after.get(k) if self.measured_twice else None) for k in {**before, **after}}

    def held_out(self, task: str) -> dict[str, Change]:
        """Change of what the method told of held-out responses, by name, from the first to the last evaluation."""
        first, last = self.evaluation(task, last=False), self.evaluation(task, last=True)
        before, after = (one.held_out if one else {} for one in (first, last))
        later = after if self.measured_twice else {}
        return {name: (before.get(name), later.get(name)) for name in {**before, **later}}

    def measures(self, task: str) -> list[str]:
        """Names of what its loss measured of the steps."""
        steps = (step.train.loss_metrics.get(task, {}) for step in self.steps if step.train)
        return list(dict.fromkeys(name for found in steps for name in found))

    def judges(self, task: str) -> dict[str, Change]:
        """Change of every judge's share satisfied, by label."""
        first, last = (end.judges if end else {} for end in self._ends(task))
        return {label: (first.get(label), last.get(label)) for label in {**first, **last}}

    def rewards(self, task: str) -> dict[str, Change]:
        """Change of every part of a reward that has several, by label."""
        first, last = (end.rewards if end else {} for end in self._ends(task))
        return {label: (first.get(label), last.get(label)) for label in {**first, **last}}

    def asked(self, task: str) -> dict[str, PromptCounts]:
        """On how many prompts the shares of `judges` were measured."""
        first, last = (end.asked if end else {} for end in self._ends(task))
        return {label: (first.get(label), last.get(label)) for label in {**first, **last}}

    def _ends(self, task: str) -> tuple[TaskMetrics | None, TaskMetrics | None]:
        if self.measured_twice:
            return self.evaluation(task, last=False), self.evaluation(task, last=True)
        return (self.steps[0].tasks.get(task), self.steps[-1].tasks.get(task)) if self.steps else (None, None)

    def verdicts(self, task: str) -> dict[str, JudgeFigures]:
        """What every judge said over all steps, by label; the slowest step's `p95_s`."""
        steps = [step.tasks[task].verdicts for step in self.steps if task in step.tasks]
        labels = dict.fromkeys(label for figures in steps for label in figures)
        return {label: _together([figures[label] for figures in steps if label in figures]) for label in labels}

    def canaries(self, task: str) -> list[str]:
        """Labels of the judges that were asked about canaries."""
        steps = (step.tasks[task].canaries for step in self.steps if task in step.tasks)
        return list(dict.fromkeys(label for canaries in steps for label in canaries))

    def figures(self, task: str) -> list[str]:
        """Names of what the task's method says of itself."""
        steps = (step.tasks[task].method for step in self.steps if task in step.tasks)
        return list(dict.fromkeys(name for method in steps for name in method))

    def skips(self, task: str) -> dict[str, int]:
        """Skipped prompts and samples by reason over all steps, most frequent first."""
        total: dict[str, int] = {}
        for step in self.steps:
            for reason, count in (step.tasks[task].skips if task in step.tasks else {}).items():
                total[reason] = total.get(reason, 0) + count
        return dict(sorted(total.items(), key=lambda item: -item[1]))

    def seconds(self, last: int | None = None) -> dict[str, float]:
        """Seconds per phase, summed over the last so many steps (all where None), in the order of the loop."""
        spent = [step.seconds for step in (self.steps if last is None else self.steps[-last:])]
        names = dict.fromkeys([*PHASES, *(phase for phases in spent for phase in phases)])
        return {name: sum(s.get(name, 0.0) for s in spent) for name in names if any(name in s for s in spent)}

    def evaluation(self, task: str, *, last: bool) -> TaskEvaluation | None:
        """The task's first or last evaluation."""
        if not self.evaluations:
            return None
        return self.evaluations[max(self.evaluations) if last else min(self.evaluations)].get(task)

    def _evaluated(self, task: str, metric: Metric, *, last: bool) -> float | None:
        found = self.evaluation(task, last=last)
        return metric(found) if found else None
