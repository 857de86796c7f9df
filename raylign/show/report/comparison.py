"""Several runs on one page: what they were told differently, and what came out of each, task by task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from raylign.interval import Bounds, wilson
from raylign.record.history import History, kl, satisfied
from raylign.record.rundir import RunDirectory
from raylign.show.report.charts import line_chart
from raylign.show.report.environment import environment
from raylign.spec.telling import place, shown

MOST_DIFFERENCES = 100
"""Settings told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One task of one run: before and after, as its evaluations, or else its first and last steps, have it."""

    run: str
    state: str
    before: float | None
    after: float | None
    bounds: Bounds | None
    """Of the share after, 95 %."""
    reward: float | None
    kl: float | None
    tokens: float | None
    chart: Markup
    """The satisfied share by step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Of runs, by the names that tell them apart."""

    runs: Mapping[str, Path]
    differences: Mapping[str, Mapping[str, str]]
    """Settings in which their jobs differ, by place and run."""
    tasks: Mapping[str, Sequence[Outcome]]
    """By task; a run that has no such task is not among them."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        keys = ("state", "before", "after", "bounds", "reward", "kl", "tokens")
        return {
            "runs": {name: str(path) for name, path in self.runs.items()},
            "differences": {where: dict(values) for where, values in self.differences.items()},
            "tasks": {
                task: {one.run: {key: getattr(one, key) for key in keys} for one in outcomes}
                for task, outcomes in self.tasks.items()
            },
        }


def compare(paths: Sequence[Path]) -> Comparison:
    """Read the runs, of which each is held as its history. Raises `SpecError` where one is none."""
    runs = {name: RunDirectory(path) for name, path in _named(paths).items()}
    jobs = {name: run.job() for name, run in runs.items()}
    tasks: dict[str, list[Outcome]] = {}
    for name, run in runs.items():
        history = History()
        for event in run.events():
            history.add(event)
        for task in history.tasks:
            tasks.setdefault(task, []).append(_outcome(name, history, task))
    return Comparison(runs={name: run.path for name, run in runs.items()}, differences=differences(jobs), tasks=tasks)


def render(comparison: Comparison) -> str:
    """The page, which needs nothing else."""
    return (
        environment().get_template("comparison.html").render(comparison=comparison, names=" · ".join(comparison.runs))
    )


def differences(jobs: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Settings that are not the same in all jobs, by place, and what each run has there."""
    flat = {run: dict(_flat(job, ())) for run, job in jobs.items()}
    places = dict.fromkeys(where for settings in flat.values() for where in settings)
    found = {
        where: {run: settings.get(where, "–") for run, settings in flat.items()}
        for where in places
        if where != "name" and len({settings.get(where) for settings in flat.values()}) > 1
    }
    return dict(list(found.items())[:MOST_DIFFERENCES])


def _flat(value: Any, loc: tuple[Any, ...]) -> Sequence[tuple[str, str]]:
    """Items of a list of named things stand under their names."""
    match value:
        case dict() if value:
            return [pair for key, item in value.items() for pair in _flat(item, (*loc, key))]
        case list() if value and all(isinstance(item, dict) and item.get("name") for item in value):
            return [pair for item in value for pair in _flat(item, (*loc, item["name"]))]
        case _:
            told = shown(value) if isinstance(value, str) else json.dumps(value)
            return [(place(loc), told)]


def _named(paths: Sequence[Path]) -> dict[str, Path]:
    """By the last part of each path, or the whole where two end alike."""
    names = [path.absolute().name for path in paths]
    return {str(path) if names.count(name) > 1 else name: path for name, path in zip(names, paths, strict=True)}


def _outcome(run: str, history: History, task: str) -> Outcome:
    before, after = history.change(task, satisfied)
    return Outcome(
        run=run,
        state=history.state,
        before=before,
        after=after,
        bounds=wilson(after, history.prompts(task)[1]),
        reward=history.change(task, lambda one: one.reward)[1],
        kl=history.change(task, kl)[1],
        tokens=history.change(task, lambda one: one.tokens)[1],
        chart=line_chart(history.series(task, satisfied), label=f"{run}, {task}: satisfied, all judges", percent=True),
    )
