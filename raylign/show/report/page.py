"""From a run directory to its ``report.html``."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from raylign.record.history import History, number
from raylign.record.rundir import RunDirectory
from raylign.record.whole import write_whole
from raylign.show.console import NONE, clock, percent
from raylign.show.report.charts import line_chart, stacked_bars
from raylign.show.report.interval import Bounds, newcombe, wilson
from raylign.show.report.verdict import verdict
from raylign.show.visible import visible

CURVES = (
    ("satisfied", "satisfied, all judges"),
    ("reward", "reward"),
    ("calibrated", "calibrated reward"),
    ("kl", "KL, nats per response"),
    ("tokens", "tokens per response"),
)
LONGEST_TEXT = 2_000
"""Characters of a sample that are shown."""
MOST_SAMPLES = 6
"""Samples shown per task."""
MOST_WARNINGS = 50
"""Different warnings shown."""


def write_report(run: RunDirectory) -> Path:
    """Write the report of what the run's events tell so far, and return where it is.

    Needs no lock. Call it after the end event was appended, or it says that the run has not ended.
    Raises `SpecError` where there is no run.
    """
    history = History()
    for event in run.events():
        history.add(event)
    write_whole(run.report_path, render(history, run.job(), model=_model(run, history)))
    return run.report_path


def render(history: History, job: dict[str, Any], *, model: str | None) -> str:
    """The page. Everything from models, judges and users is escaped, and its control characters made visible."""
    environment = Environment(
        loader=PackageLoader("raylign.show.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "percent": percent,
        "clock": clock,
        "decimal": _decimal,
        "points": _points,
        "bounds": _bounds,
    }
    seconds = history.seconds()
    return environment.get_template("page.html").render(
        history=history,
        name=history.plan.get("job") or job.get("name") or "job",
        job=json.dumps(job, indent=2, ensure_ascii=False),
        asked=_asked(history, job),
        verdict=verdict(history),
        when=time.strftime("%Y-%m-%d %H:%M", time.localtime(history.started)) if history.started else "",
        took=(history.latest or 0) - (history.started or 0),
        tasks=[_task(history, task) for task in history.tasks],
        seconds=seconds,
        step_seconds=sum(number(step.get("step_s")) or 0.0 for step in history.steps),
        time_chart=stacked_bars(_per_step(history), list(seconds), label="seconds per step by phase"),
        loss_charts=_train_charts(history),
        actors=history.plan.get("actors") or [],
        totals={key: value for key, value in (history.plan.get("totals") or {}).items() if not isinstance(value, dict)},
        warnings=Counter(_cut(message) for message in history.warnings).most_common(MOST_WARNINGS),
        model=model,
        model_literal=repr(model),
    )


def _task(history: History, task: str) -> dict[str, Any]:
    planned = history.planned(task)
    limit = history.limit(task)
    before, after = history.change(task, "satisfied")
    prompts, asked = history.prompts(task), history.asked(task)
    charts = [
        (
            title,
            line_chart(
                history.series(task, metric),
                label=f"{task}: {title}",
                percent=metric == "satisfied",
                limit=limit if metric == "kl" else None,
                marks=_marks(history, task, metric),
            ),
        )
        for metric, title in CURVES
    ]
    judges = planned.get("judges") or []
    return {
        "name": task,
        "method": planned.get("method"),
        "reward_model": planned.get("reward"),
        "planned_judges": ", ".join(str(judge) for judge in judges)
        if isinstance(judges, list | tuple)
        else str(judges),
        "prompts_per_step": planned.get("prompts_per_step"),
        "samples_per_prompt": planned.get("samples_per_prompt"),
        "samples": planned.get("samples"),
        "weight": planned.get("weight"),
        "before": before,
        "after": after,
        "bounds": (wilson(before, prompts[0]), wilson(after, prompts[1])),
        "change_bounds": newcombe(before, after, prompts),
        "kl": history.change(task, "kl")[1],
        "limit": limit,
        "reward": history.change(task, "reward"),
        "tokens": history.change(task, "tokens"),
        "abstained": history.now(task, "abstained"),
        "truncated": history.now(task, "truncated"),
        "judges": {
            label: (pair, tuple(map(wilson, pair, asked.get(label, (None, None)))))
            for label, pair in history.judges(task).items()
        },
        "skips": history.skips(task),
        "charts": [(title, chart) for title, chart in charts if chart],
        "samples_shown": _samples(history, task),
    }


def _samples(history: History, task: str) -> list[dict[str, Any]]:
    """Each prompt once, with the response before and after. In the order of the evaluation: nobody picked them."""
    pairs: dict[tuple[str, int], dict[str, Any]] = {}
    for side, last in (("before", False), ("after", True)):
        if last and not history.measured_twice:
            continue
        seen: Counter[str] = Counter()
        for sample in history.evaluation(task, last=last).get("samples") or []:
            prompt = str(sample.get("prompt", ""))
            seen[prompt] += 1
            pairs.setdefault((prompt, seen[prompt]), {"prompt": _cut(prompt), "before": None, "after": None})[side] = {
                "response": _cut(sample.get("response", "")),
                "satisfied": sample.get("satisfied"),
                "reward": number(sample.get("reward")),
                "verdicts": {
                    str(label): _cut(reason or "") for label, reason in (sample.get("verdicts") or {}).items()
                },
            }
    return list(pairs.values())[:MOST_SAMPLES]


def _marks(history: History, task: str, metric: str) -> dict[int, float]:
    marks = {at: number((tasks.get(task) or {}).get(metric)) for at, tasks in history.evaluations.items()}
    return {at: value for at, value in marks.items() if value is not None}


def _per_step(history: History) -> list[dict[str, float]]:
    return [{phase: number(s) or 0.0 for phase, s in (step.get("seconds") or {}).items()} for step in history.steps]


def _train_charts(history: History) -> list[tuple[str, str]]:
    titles = {
        "loss": "loss",
        "grad_norm": "gradient norm",
        "learning_rate": "learning rate",
        "logprob_gap_max": "largest log-prob gap, trainer to sampler",
    }
    series = {key: [number((step.get("train") or {}).get(key)) for step in history.steps] for key in titles}
    return [(title, chart) for key, title in titles.items() if (chart := line_chart(series[key], label=title))]


def _asked(history: History, job: dict[str, Any]) -> str:
    policy = job.get("policy") or {}
    methods = sorted({str(history.planned(task).get("method", "")) for task in history.tasks} - {""})
    count = len(history.tasks)
    words = [
        f"{history.total or job.get('steps', '?')} steps",
        f"of {', '.join(method.upper() for method in methods)}" if methods else "",
        f"on {count} task{'' if count == 1 else 's'}" if count else "",
        f"from {policy['model']}" if policy.get("model") else "",
    ]
    return " ".join(word for word in words if word)


def _model(run: RunDirectory, history: History) -> str | None:
    told = (history.end or {}).get("model")
    if told:
        return str(told)
    return str(run.model_path.resolve()) if run.model_path.exists() else None


def _shown(value: Any) -> Any:
    """What an expression puts on the page: plain text loses its control characters; None shows as a dash."""
    if value is None:
        return NONE
    if type(value) is str:  # our own charts are Markup, and pass
        return visible(value, lines=True)
    return value


def _decimal(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def _points(change: tuple[float | None, float | None]) -> str:
    before, after = change
    return "" if before is None or after is None else f"{round(100 * after) - round(100 * before):+d}"


def _bounds(bounds: Bounds | None, *, signed: bool = False) -> str:
    """Whole percent: ``41 to 65``; signed, ``-3 to +40``."""
    return NONE if bounds is None else " to ".join(f"{round(100 * end):{'+d' if signed else 'd'}}" for end in bounds)


def _cut(text: object) -> str:
    return visible(str(text), limit=LONGEST_TEXT, lines=True)
