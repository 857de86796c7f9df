"""Two models side by side, for people."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylign.interval import Bounds
from raylign.loop.sides import Row, Sides
from raylign.show.visible import visible

LONGEST = 400
"""Characters of a text that are shown."""


def show_sides(found: Sides, console: Console) -> None:
    """Every metric with its 95 % interval, then some responses."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(f"{found.task}, {found.prompts} prompts")
    for heading in ("base", "result", "change, 95 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found.rows:
        table.add_row(Text(visible(row.name)), *(_value(row, at) for at in range(2)), _change(row))
    console.print(table)
    for base, result in found.samples:
        console.print(Text(f"\n{visible(base.prompt, limit=LONGEST)}", "bold"))
        for side, sample in (("base", base), ("result", result)):
            mark = {True: "satisfied", False: "violated", None: "undecided"}[sample.satisfied]
            console.print(Text.assemble((f"  {side:<7}", "dim"), f"{mark}: ", visible(sample.response, limit=LONGEST)))


def _value(row: Row, at: int) -> str:
    value, bounds = row.values[at], row.bounds[at]
    if value is None:
        return "–"
    return f"{_number(value, row)}{'' if bounds is None else f' ({_range(bounds, row)})'}"


def _change(row: Row) -> Text:
    if row.change is None:
        return Text("–")
    low, high = row.change
    style = "green" if low > 0 else "red" if high < 0 else ""
    return Text(_range(row.change, row, signed=True), style)


def _range(bounds: Bounds, row: Row, *, signed: bool = False) -> str:
    return " to ".join(_number(end, row, signed=signed) for end in bounds)


def _number(value: float, row: Row, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{100 * value:{sign}.0f}%" if row.share else f"{value:{sign}.2f}"
