"""A rule judge, asked about labeled responses."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from raylign.cli.libraries import Libraries, allow
from raylign.cli.options import AsJson


def judge(
    spec: Annotated[
        str, typer.Argument(metavar="JUDGE", help="A rule judge as in a job file, '{type: math}', or a file of one.")
    ],
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS", help='JSON lines of {"prompt", "response", "metadata", "gold"}.')
    ],
    libraries: Libraries = "",
    as_json: AsJson = False,
) -> None:
    """Ask a rule judge about labeled responses: its verdicts, why, and how often it agrees with ``gold``."""
    from raylign.judges.agreement import judge_file
    from raylign.show.judgeview import show_judged
    from raylign.spec.load import load_judge

    allow(libraries)
    found = judge_file(load_judge(spec), rows)
    if as_json:
        print(json.dumps(found))
    else:
        show_judged(found, Console())
