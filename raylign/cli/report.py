"""The report of a run, or of several side by side."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from raylign.cli.options import AsJson
from raylign.record.rundir import RunDirectory


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories.")],
    out: Annotated[Path, typer.Option(help="The page of several runs; that of one is its report.html.")] = Path(
        "comparison.html"
    ),
    as_json: AsJson = False,
) -> None:
    """Write a run's report anew; of several runs, compare them: what came out, and what they were told differently."""
    from raylign.record.whole import write_whole
    from raylign.show.comparisonview import show_comparison
    from raylign.show.report import write_report
    from raylign.show.report.comparison import compare, render

    if len(runs) == 1:
        RunDirectory(runs[0]).job()  # raises where it is none
        out = write_report(RunDirectory(runs[0]))
    compared = compare(runs)
    if len(runs) > 1:
        write_whole(out, render(compared))
    if as_json:
        print(json.dumps({"report": str(out), **compared.to_dict()}))
        return
    show_comparison(compared, Console())
    print(f"\n{out}")
