"""Several runs side by side, for people at a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylign.show.console import NONE, percent
from raylign.show.report.comparison import Comparison
from raylign.show.visible import visible


def show_comparison(comparison: Comparison, console: Console) -> None:
    """A line for every task of every run, then what the runs were told differently."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("task", "run"):
        table.add_column(heading, overflow="fold")
    for heading in ("satisfied", "95 %", "reward", "KL", "tokens"):
        table.add_column(heading, justify="right", no_wrap=True)
    for task, outcomes in comparison.tasks.items():
        for one in outcomes:
            bounds = NONE if one.bounds is None else " to ".join(percent(end) for end in one.bounds)
            share = f"{percent(one.before)} → {percent(one.after)}"
            numbers = (_decimal(one.reward, 2), _decimal(one.kl, 2), _decimal(one.tokens, 0))
            table.add_row(Text(visible(task)), Text(visible(one.run)), share, bounds, *numbers)
    console.print(table)
    console.print()
    for where, values in comparison.differences.items():
        told = ", ".join(f"{run} {value}" for run, value in values.items())
        console.print(Text(f"{visible(where)}: {visible(told)}"))


def _decimal(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:.{digits}f}"
