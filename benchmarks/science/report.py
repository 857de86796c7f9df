"""Tables and curves of the science runs: mean and standard deviation over seeds, paired tests, the hack's picture."""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.science.arms import SETS

METRICS = {
    "satisfied": ("satisfied, %", 100, 0),
    "reward": ("reward", 1, 2),
    "kl": ("KL, nats", 1, 2),
    "tokens": ("tokens", 1, 1),
}
"""Title, scale and digits."""
BESIDES = {
    "reward_of_satisfying": ("reward where satisfied", 1, 2),
    "accuracy": ("held-out pairs, %", 100, 1),
}
"""What some arms have besides."""
RIVAL = "grpo-bonus"
CURVES = {"reward-only": "C3", "grpo-reward": "C1", "grpo-bonus": "C7", "crpg": "C0", "codpo": "C2", "crraft": "C4"}

Runs = dict[str, dict[int, dict[str, Any]]]
"""By arm, then by seed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("runs/science"))
    parser.add_argument("--figure", type=Path, help="write the curves here (svg or png)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = read(options.results)
    print(overview(runs))
    if against := differences(runs):
        print(f"\n{against}")
    for metric in METRICS:
        print(f"\n{by_task(runs, metric)}")
    if options.json:
        options.json.write_text(json.dumps({arm: summary(of) for arm, of in runs.items()}, indent=2))
    if options.figure:
        draw(runs, options.figure)


def read(results: Path) -> Runs:
    """All result files, arms in the order of their definition."""
    runs: Runs = {
        arm.name: {} for name in ("main", "verifiable", "values", "papers", "ablations", "sweep") for arm in SETS[name]
    }
    for file in sorted(results.glob("*-seed*.json")):
        found = json.loads(file.read_text())
        runs.setdefault(found["arm"], {})[found["seed"]] = found
    return {arm: of for arm, of in runs.items() if of}


def summary(of: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Per task and over tasks: [mean, standard deviation] over seeds of what held-out prompts said."""
    tasks = next(iter(of.values()))["final"]
    rows = {task: {key: _spread([_value(run, task, key) for run in of.values()]) for key in METRICS} for task in tasks}
    rows["all"] = {key: _spread([_over_tasks(run, key) for run in of.values()]) for key in METRICS}
    return {"seeds": len(of), **rows}


def overview(runs: Runs) -> str:
    """One line an arm. p: two-sided paired t-test over seeds of the mean satisfied share."""
    lines = [
        "| arm | seeds | satisfied % | reward | KL, nats | tokens | p (start) | p (GRPO with bonus) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for arm, of in runs.items():
        label, every = next(iter(of.values()))["label"], summary(of)["all"]
        lines.append(
            f"| {label} | {len(of)} | {_shown(every['satisfied'], 100, 1)} | {_shown(every['reward'], 1, 2)} "
            f"| {_shown(every['kl'], 1, 2)} | {_shown(every['tokens'], 1, 1)} "
            f"| {paired(runs, arm, 'start')} | {paired(runs, arm, RIVAL)} |"
        )
    return "\n".join(lines)


def differences(runs: Runs) -> str:
    """Each arm less those it is to be better than, over the tasks and seeds of both: mean and 95 % interval."""
    keys = (*METRICS, *BESIDES)
    titles = [METRICS[key][0] if key in METRICS else BESIDES[key][0] for key in keys]
    lines = []
    for arm in (one for name in SETS for one in SETS[name] if one.against and runs.get(one.name)):
        for other in arm.against:
            seeds = sorted(runs[arm.name].keys() & runs.get(other, {}).keys())
            pairs = [(runs[arm.name][seed], runs[other][seed]) for seed in seeds]
            cells = [_difference(pairs, key, *{**METRICS, **BESIDES}[key][1:]) for key in keys]
            line = f"| {arm.name} less {other} | {len(seeds)} | {' | '.join(cells)} |"
            lines += [line] if seeds and line not in lines else []
    head = [f"| less its control | seeds | {' | '.join(titles)} |", "|---" * (2 + len(keys)) + "|"]
    return "\n".join([*head, *lines]) if lines else ""


def _difference(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], key: str, scale: float, digits: int) -> str:
    """Empty where one of them has no such figure."""
    from scipy.stats import t as student

    found = []
    for ours, theirs in pairs:
        tasks = [task for task in ours["final"] if task in theirs["final"]]
        both = [(ours["final"][task].get(key), theirs["final"][task].get(key)) for task in tasks]
        if not both or any(one is None or other is None for one, other in both):
            return ""
        found.append(scale * fmean(one - other for one, other in both))
    reach = student.ppf(0.975, len(found) - 1) * stdev(found) / math.sqrt(len(found)) if len(found) > 1 else None
    return f"{fmean(found):+.{digits}f}" + ("" if reach is None else f" ± {reach:.{digits}f}")


def by_task(runs: Runs, metric: str) -> str:
    """One metric of every task."""
    (title, scale, digits), tasks = METRICS[metric], _tasks(runs)
    lines = [f"| {title} | " + " | ".join(tasks) + " |", "|---" * (1 + len(tasks)) + "|"]
    for of in runs.values():
        rows = summary(of)
        cells = [_shown(rows[task][metric], scale, digits) if task in rows else "" for task in tasks]
        lines.append(f"| {next(iter(of.values()))['label']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def paired(runs: Runs, arm: str, other: str) -> str:
    """p of the two-sided paired t-test over the seeds both have; empty where there is nothing to test."""
    from scipy.stats import ttest_rel

    both = sorted(runs[arm].keys() & runs.get(other, {}).keys())
    if arm == other or len(both) < 2:
        return ""
    ours, theirs = ([_over_tasks(runs[name][seed], "satisfied") for seed in both] for name in (arm, other))
    return f"{ttest_rel(ours, theirs).pvalue:.1g}"


def draw(runs: Runs, file: Path) -> None:
    """Reward and satisfied share over the steps, on training samples, for the tasks where the hack shows best."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import PercentFormatter

    plt.rcParams |= {"svg.hashsalt": "raylign", "font.size": 9}
    tasks = _tasks(runs)
    shown: list[tuple[str, Callable[[dict[str, Any], int], float]]] = [
        ("reward, all tasks", lambda run, step: _step_mean(run, step, "reward", tasks)),
        ("satisfied: instructions", lambda run, step: _step_mean(run, step, "satisfied", ("instructions",))),
        ("satisfied: code", lambda run, step: _step_mean(run, step, "satisfied", ("code",))),
        ("satisfied, all tasks", lambda run, step: _step_mean(run, step, "satisfied", tasks)),
    ]
    figure, axes = plt.subplots(1, len(shown), figsize=(11, 2.9), layout="constrained")
    for axis, (title, value) in zip(axes, shown, strict=True):
        for arm, color in CURVES.items():
            if arm in runs:
                steps = range(len(next(iter(runs[arm].values()))["steps"]))
                curve = [fmean(value(run, step) for run in runs[arm].values()) for step in steps]
                label = next(iter(runs[arm].values()))["label"]
                axis.plot(_smooth(curve), color=color, label=label, linewidth=1.6)
        axis.set_title(title, loc="left")
        if title.startswith("satisfied"):
            axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axis.set_xlabel("step")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=150)


def _tasks(runs: Runs) -> list[str]:
    return list(next(iter(next(iter(runs.values())).values()))["final"])


def _smooth(curve: Sequence[float], window: int = 3) -> list[float]:
    return [fmean(curve[max(0, at - window + 1) : at + 1]) for at in range(len(curve))]


def _step_mean(run: dict[str, Any], step: int, key: str, tasks: Sequence[str]) -> float:
    return fmean(run["steps"][step][task][key] for task in tasks)


def _value(run: dict[str, Any], task: str, key: str) -> float:
    return float(run["final"][task][key])


def _over_tasks(run: dict[str, Any], key: str) -> float:
    return fmean(_value(run, task, key) for task in run["final"])


def _spread(values: Sequence[float]) -> tuple[float, float]:
    return fmean(values), stdev(values) if len(values) > 1 else 0.0


def _shown(spread: tuple[float, float], scale: float, digits: int) -> str:
    return f"{scale * spread[0]:.{digits}f} ± {scale * spread[1]:.{digits}f}"


if __name__ == "__main__":
    main()
