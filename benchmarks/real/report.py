"""The table and the curves of the real model's arms. Shares are compared prompt by prompt, on prompts none has seen."""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.real.__main__ import START
from benchmarks.real.arms import ARMS

Rows = list[dict[str, Any]]
"""Of one arm, a row a prompt (`benchmarks.real.measure`)."""
RIVAL = "reward-alone"
COLORS = {"reward-alone": "C3", "grpo-bonus": "C7", "crpg": "C0", "crpg-rules": "C9", "codpo": "C2", "crraft": "C4"}
SMOOTH = 3
"""Steps that a point of a curve is the mean of."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("runs/real"))
    parser.add_argument("--figure", type=Path, help="write the curves here (svg or png)")
    parser.add_argument("--samples", type=int, default=0, help="also show so many responses of every arm")
    options = parser.parse_args()
    labels = {START: "start", **{arm.name: arm.label for arm in ARMS}}
    measured = {name: read(options.results / f"{name}.jsonl") for name in labels}
    measured = {name: rows for name, rows in measured.items() if rows}
    print(table(measured, labels, options.results))
    for name, rows in measured.items() if options.samples else ():
        print(f"\n{labels[name]}")
        for row in rows[:: len(rows) // options.samples][: options.samples]:
            print(f"- {row['prompt']}\n  {row['samples'][0]['text']!r}")
    if options.figure:
        draw({name: curve for name in labels if (curve := steps(options.results / name))}, labels, options.figure)


def read(file: Path) -> Rows:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def steps(run: Path) -> list[dict[str, Any]]:
    """What each step said of its one task."""
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()] if run.exists() else []
    said = {event["data"]["step"]: event["data"]["tasks"] for event in events if event["kind"] == "step"}
    return [task for step in sorted(said) for task in said[step].values()]


def table(measured: dict[str, Rows], labels: dict[str, str], results: Path) -> str:
    """One line an arm, with 95 % intervals over prompts."""
    lines = [
        "| arm | satisfied % | change, points | p (start) | p (reward alone) | words | ended % | distinct-2 "
        "| nats a token | KL |",
        "|---" * 10 + "|",
    ]
    for name, rows in measured.items():
        shares, before = per_prompt(rows, "satisfied"), per_prompt(measured[START], "satisfied")
        change = [100 * (now - then) for now, then in zip(shares, before, strict=True)]
        curve = steps(results / name)
        cells = [
            labels[name],
            f"{100 * fmean(shares):.1f}",
            "" if name == START else f"{fmean(change):+.1f} ± {half_interval(change):.1f}",
            p_value(shares, before) if name != START else "",
            p_value(shares, per_prompt(measured[RIVAL], "satisfied")) if RIVAL in measured and name != RIVAL else "",
            f"{fmean(per_prompt(rows, 'words')):.1f}",
            f"{100 * fmean(per_prompt(rows, 'ended')):.0f}",
            f"{fmean(per_prompt(rows, 'distinct')):.3f} ± {half_interval(per_prompt(rows, 'distinct')):.3f}",
            f"{fmean(per_prompt(rows, 'nats')):.2f} ± {half_interval(per_prompt(rows, 'nats')):.2f}",
            f"{fmean(step['kl'] for step in curve[-SMOOTH:]):.1f}" if curve else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def per_prompt(rows: Rows, figure: str) -> list[float]:
    """Each prompt's mean over its responses."""
    return [fmean(float(sample[figure]) for sample in row["samples"]) for row in rows]


def half_interval(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean over prompts (Student's t)."""
    from scipy.stats import sem, t

    return float(t.ppf(0.975, len(values) - 1) * sem(values))


def p_value(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Two-sided sign-flip test of the paired difference of means."""
    from scipy.stats import permutation_test

    def difference(one: Any, other: Any, axis: int = -1) -> Any:
        return one.mean(axis) - other.mean(axis)

    found = permutation_test(
        (ours, theirs), difference, permutation_type="samples", vectorized=True, n_resamples=9999, rng=0
    )
    return f"{found.pvalue:.1g}"


def draw(curves: dict[str, list[dict[str, Any]]], labels: dict[str, str], file: Path) -> None:
    """What each step's own samples said: reward and satisfied share."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import PercentFormatter

    plt.rcParams |= {"svg.hashsalt": "raylign", "font.size": 9}
    shown: list[tuple[str, Callable[[dict[str, Any]], float]]] = [
        ("satisfied", lambda step: step["satisfied"]),
        ("tokens a response", lambda step: step["tokens"]),
        ("KL from the start, nats", lambda step: step["kl"]),
    ]
    figure, axes = plt.subplots(1, len(shown), figsize=(9, 2.9), layout="constrained")
    for axis, (title, value) in zip(axes, shown, strict=True):
        for name, color in COLORS.items():
            if name in curves:
                axis.plot(smooth([value(step) for step in curves[name]]), color=color, label=labels[name])
        axis.set_title(title, loc="left")
        if title == "satisfied":
            axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axis.set_xlabel("step")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.25)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=150)


def smooth(curve: Sequence[float]) -> list[float]:
    return [
        fmean(found) if (found := [x for x in curve[max(0, at - SMOOTH + 1) : at + 1] if x is not None]) else math.nan
        for at in range(len(curve))
    ]


if __name__ == "__main__":
    main()
