"""A judge's verdicts on a file of rows, for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylign.show.visible import visible

MOST_REASONS = 5
"""Shown of each verdict: a judge that quotes the response has as many as there are rows."""


def show_judged(found: Mapping[str, Any], console: Console) -> None:
    """What `raylign.judges.agreement.judge_file` found: verdicts, each above its reasons, and agreement with labels."""
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
    agree, labeled = found["agree"], found["labeled"]
    agreement = f"agrees with {agree} of {labeled} labels, {_share(agree, labeled)}" if labeled else "no labels"
    console.print(f"\n{agreement}", highlight=False)


def _most(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """The first, which are the most frequent, and how many others there are."""
    ranked = [(visible(reason), rows) for reason, rows in reasons.items()]
    kept, others = ranked[:MOST_REASONS], ranked[MOST_REASONS:]
    return kept + [(f"{len(others)} other reasons", sum(rows for _, rows in others))] * bool(others)


def _share(count: int, whole: int) -> str:
    return f"{count / whole:.1%}".replace("%", " %") if whole else ""
