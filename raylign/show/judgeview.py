"""A judge's verdicts on a file of rows, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylign.show.duration import took
from raylign.show.visible import visible

MOST_REASONS = 5
"""Shown of each verdict: a judge that quotes the response has as many as there are rows."""
MOST_DISAGREEMENTS = 5
EXCERPT = 160
"""Characters of a text that is shown."""


def show_trials(trials: Mapping[str, Mapping[str, Any]], console: Console) -> None:
    """What `raylign.judges.agreement.judge_file` found; of several judges each under its label."""
    for label, found in trials.items():
        if len(trials) > 1:
            console.print(Text(f"\n{visible(label)}", "bold"))
        show_judged(found, console)


def show_judged(found: Mapping[str, Any], console: Console) -> None:
    """Verdicts, each above its reasons; agreement with labels, where it differs from them, and seconds."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("verdict", "rows", "share"):
        table.add_column(heading, no_wrap=True, justify="left" if heading == "verdict" else "right")
    table.add_column("reason", overflow="fold")
    for verdict in ("satisfied", "violated", "abstained", "left_out"):
        count = found[verdict]
        table.add_row(verdict.replace("_", " "), str(count), _share(count, found["rows"]))
        for reason, rows in _most(found["reasons"].get(verdict, {})):
            table.add_row("", str(rows), _share(rows, found["rows"]), Text(reason), style="dim")
    console.print(table)
    console.print()
    for line in (*_agreement(found), *_seconds(found["seconds"])):
        console.print(line, highlight=False, soft_wrap=True)
    _show_disagreements(found["disagreements"], found["labeled"] - found["agree"], console)


def _agreement(found: Mapping[str, Any]) -> list[str]:
    agree, labeled = found["agree"], found["labeled"]
    if not labeled:
        return ["no labels"]
    lines = [f"agrees with {agree} of {labeled} labels, {_share(agree, labeled)}{_within(found['accuracy'])}"]
    for word, one in found["classes"].items():
        if one["labeled"]:
            right = "" if one["right"] is None else f"; right in {_percent(one['right'])} of what it calls so"
            silent = f"; abstains on {one['abstained']} more" if one["abstained"] else ""
            lines.append(
                f"{word}: finds {_percent(one['found'])} of {one['labeled']}{_within(one['found'])}{right}{silent}"
            )
    kappa = found["kappa"]
    lines.append("Cohen's kappa: not defined, for both have one word" if kappa is None else _kappa(kappa))
    return lines


def _kappa(kappa: Mapping[str, Any]) -> str:
    low, high = kappa["bounds"]
    return f"Cohen's kappa {kappa['value']:.2f} ({low:.2f} to {high:.2f})"


def _seconds(seconds: Mapping[str, float | None]) -> list[str]:
    mean, most = seconds["mean_s"], seconds["p95_s"]
    return [] if mean is None or most is None else [f"a verdict takes {took(mean)}, 95 in 100 at most {took(most)}"]


def _show_disagreements(kept: Sequence[Mapping[str, Any]], count: int, console: Console) -> None:
    for one in kept[:MOST_DISAGREEMENTS]:
        why = f" ({visible(one['reason'], limit=EXCERPT)})" if one["reason"] else ""
        console.print(Text(f"\nline {one['line']}: labeled {one['gold']}, judged {one['verdict']}{why}"))
        for name in ("prompt", "response"):
            if one[name]:
                console.print(Text(f"  {name}: {visible(one[name], limit=EXCERPT)}", "dim"), soft_wrap=True)
    if count > MOST_DISAGREEMENTS:
        console.print(f"\nand {count - MOST_DISAGREEMENTS} other disagreements: see --json", highlight=False)


def _most(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """The first, which are the most frequent, and how many others there are."""
    ranked = [(visible(reason), rows) for reason, rows in reasons.items()]
    kept, others = ranked[:MOST_REASONS], ranked[MOST_REASONS:]
    return kept + [(f"{len(others)} other reasons", sum(rows for _, rows in others))] * bool(others)


def _share(count: int, whole: int) -> str:
    return f"{count / whole:.1%}".replace("%", " %") if whole else ""


def _percent(share: Mapping[str, Any]) -> str:
    return f"{share['value']:.1%}".replace("%", " %")


def _within(share: Mapping[str, Any] | None) -> str:
    """Its 95 % interval."""
    if share is None:
        return ""
    low, high = share["bounds"]
    return f" ({100 * low:.0f} to {100 * high:.0f})"
