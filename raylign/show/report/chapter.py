"""The figures of one run on a report's page, or of one of a recipe's stages."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from raylign.interval import newcombe, wilson
from raylign.record.events.payloads import Trained
from raylign.record.events.tasks import TaskStep
from raylign.record.history import History, Metric, kl, satisfied
from raylign.show.report.charts import line_chart, stacked_bars
from raylign.show.report.environment import environment
from raylign.show.report.verdict import verdict
from raylign.show.visible import visible

CURVES: Mapping[str, Metric] = {
    "satisfied, all judges": satisfied,
    "reward": lambda task: task.reward,
    "KL, nats per response": kl,
    "tokens per response": lambda task: task.tokens,
}
"""Of a task, over steps and evaluations."""
TRAINING: Mapping[str, Callable[[Trained], float | None]] = {
    "loss": lambda train: train.loss,
    "gradient norm": lambda train: train.grad_norm,
    "learning rate": lambda train: train.learning_rate,
    "largest log-prob gap, trainer to sampler": lambda train: train.logprob_gap_max,
}
"""Of a run, over steps."""
LONGEST_TEXT = 2_000
"""Characters of a sample that are shown."""
MOST_SAMPLES = 6
"""Samples shown per task."""
MOST_JUDGES = 8
"""Of a task, whose seconds are drawn; a table has all of them."""
MOST_WARNINGS = 50
"""Different warnings shown."""


def chapter(history: History, job: dict[str, Any], model: str | None) -> dict[str, Any]:
    """A run's figures, or those of a recipe's stage. ``model``: what came out in the end."""
    seconds, stage = history.seconds(), history.stage
    body = (
        environment()
        .get_template("chapter.html")
        .render(
            history=history,
            anchor=f"stage-{stage.number}-" if stage else "",
            job=json.dumps(job, indent=2, ensure_ascii=False),
            tasks=[_task(history, task) for task in history.tasks],
            seconds=seconds,
            step_seconds=sum(step.step_s or 0.0 for step in history.steps),
            time_chart=stacked_bars(
                [step.seconds for step in history.steps], list(seconds), label="seconds per step by phase"
            ),
            loss_charts=_train_charts(history),
            plan=history.plan,
            warnings=Counter(_cut(message) for message in history.warnings).most_common(MOST_WARNINGS),
            model=model if not stage or stage.number == stage.stages else None,
            model_literal=repr(model),
        )
    )
    return {
        "title": f"Stage {stage.number} of {stage.stages}: {stage.stage}" if stage else "",
        "kind": stage.job if stage else "",
        "asked": _asked(history, job),
        "verdict": verdict(history),
        "body": Markup(body),
    }


def _task(history: History, task: str) -> dict[str, Any]:
    before, after = history.change(task, satisfied)
    prompts, asked = history.prompts(task), history.asked(task)
    return {
        "name": task,
        "planned": history.planned(task),
        "before": before,
        "after": after,
        "bounds": (wilson(before, prompts[0]), wilson(after, prompts[1])),
        "change_bounds": newcombe(before, after, prompts),
        "kl": history.change(task, kl)[1],
        "limit": history.limit(task),
        "reward": history.change(task, lambda one: one.reward),
        "rewards": history.rewards(task),
        "tokens": history.change(task, lambda one: one.tokens),
        "abstained": history.now(task, lambda one: one.abstained),
        "truncated": history.now(task, lambda one: one.truncated),
        "judges": {
            label: (pair, tuple(map(wilson, pair, asked.get(label, (None, None)))))
            for label, pair in history.judges(task).items()
        },
        "pass_at": history.pass_at(task),
        "held_out": history.held_out(task),
        "verdicts": history.verdicts(task),
        "skips": history.skips(task),
        "charts": _task_charts(history, task),
        "samples_shown": _samples(history, task),
        "weighed": _weighed(history, task),
    }


def _task_charts(history: History, task: str) -> list[tuple[str, str]]:
    charts = {
        title: line_chart(
            history.series(task, metric),
            label=f"{task}: {title}",
            percent=metric is satisfied,
            limit=history.limit(task) if metric is kl else None,
            marks=_marks(history, task, metric),
        )
        for title, metric in CURVES.items()
    }
    calibrated = history.series(task, lambda one: one.calibrated)
    charts["calibrated reward"] = line_chart(calibrated, label=f"{task}: calibrated reward")
    for label in history.rewards(task):
        title = f"reward, {label}"
        rated = history.series(task, partial(_part, label))
        charts[title] = line_chart(rated, label=f"{task}: {title}")
    for label in list(history.verdicts(task))[:MOST_JUDGES]:
        title = f"seconds of a verdict, {label}"
        charts[title] = line_chart(history.series(task, partial(_verdict_s, label)), label=f"{task}: {title}")
    for label in history.canaries(task):
        title = f"canary agreement, {label}"
        known = history.series(task, partial(_agreement, label))
        charts[title] = line_chart(known, label=f"{task}: {title}", percent=True)
    for name in history.figures(task)[: 2 * MOST_JUDGES]:
        charts[name] = line_chart(history.series(task, partial(_figure, name)), label=f"{task}: {name}")
    for name in history.measures(task):
        measured = _trained(history, partial(_measured, task, name))
        charts[f"loss, {name}"] = line_chart(measured, label=f"{task}: loss, {name}")
    norms = _trained(history, lambda train: train.grad_norm_by_task.get(task))
    charts["gradient norm"] = line_chart(norms, label=f"{task}: gradient norm")
    return [(title, chart) for title, chart in charts.items() if chart]


def _measured(task: str, name: str, train: Trained) -> float | None:
    return train.loss_metrics.get(task, {}).get(name)


def _part(label: str, task: TaskStep) -> float | None:
    return task.rewards.get(label)


def _verdict_s(label: str, task: TaskStep) -> float | None:
    return task.verdicts[label].mean_s if label in task.verdicts else None


def _figure(name: str, task: TaskStep) -> float | None:
    return task.method.get(name)


def _agreement(label: str, task: TaskStep) -> float | None:
    return task.canaries[label].agreement if label in task.canaries else None


def _samples(history: History, task: str) -> list[dict[str, Any]]:
    """Each prompt once, with the response before and after. In the order of the evaluation: nobody picked them."""
    pairs: dict[tuple[str, int], dict[str, Any]] = {}
    for side, last in (("before", False), ("after", True)):
        if last and not history.measured_twice:
            continue
        seen: Counter[str] = Counter()
        evaluation = history.evaluation(task, last=last)
        for sample in evaluation.samples if evaluation else ():
            seen[sample.prompt] += 1
            pair = pairs.setdefault(
                (sample.prompt, seen[sample.prompt]), {"prompt": _cut(sample.prompt), "before": None, "after": None}
            )
            pair[side] = {
                "response": _cut(sample.response),
                "satisfied": sample.satisfied,
                "reward": sample.reward,
                "rewards": {label: _cut(said) for label, said in sample.rewards.items()},
                "verdicts": {label: _cut(reason) for label, reason in sample.verdicts.items()},
            }
    return list(pairs.values())[:MOST_SAMPLES]


def _weighed(history: History, task: str) -> dict[str, Any] | None:
    """The newest responses whose tokens the task's loss weighed: each token, its weight, and that as a share of the
    largest, percent. None where it weighs none."""
    for step in reversed(history.steps):
        texts = step.tasks[task].weighed if task in step.tasks else ()
        if texts:
            largest = max((weight or 0.0 for one in texts for weight in one.weights), default=0.0) or 1.0
            rows = [
                [
                    {"text": text, "weight": weight, "shade": round(100 * (weight or 0.0) / largest)}
                    for text, weight in zip(one.tokens, one.weights, strict=False)
                ]
                for one in texts
            ]
            return {"step": step.step, "texts": list(zip(("chosen", "rejected"), rows, strict=False))}
    return None


def _marks(history: History, task: str, metric: Metric) -> dict[int, float]:
    marks = {at: metric(tasks[task]) for at, tasks in history.evaluations.items() if task in tasks}
    return {at: value for at, value in marks.items() if value is not None}


def _train_charts(history: History) -> list[tuple[str, str]]:
    charts = {title: line_chart(_trained(history, metric), label=title) for title, metric in TRAINING.items()}
    return [(title, chart) for title, chart in charts.items() if chart]


def _trained(history: History, metric: Callable[[Trained], float | None]) -> list[float | None]:
    """One value per step; None where nothing was trained."""
    return [metric(step.train) if step.train else None for step in history.steps]


def _asked(history: History, job: dict[str, Any]) -> str:
    policy = job.get("policy") or {}
    methods = sorted({task.method for task in history.plan.tasks if task.method}) if history.plan else []
    count = len(history.tasks)
    words = [
        f"{history.total or job.get('steps', '?')} steps",
        f"of {', '.join(method.upper() for method in methods)}" if methods else "",
        f"on {count} task{'' if count == 1 else 's'}" if count else "",
        f"from {policy['model']}" if policy.get("model") else "",
    ]
    return " ".join(word for word in words if word)


def _cut(text: str) -> str:
    return visible(text, limit=LONGEST_TEXT, lines=True)
