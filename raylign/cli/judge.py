"""A judge, or those of a job, asked about labeled responses."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from raylign.cli.libraries import Libraries, allow
from raylign.cli.options import AsJson
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.judges.askers import Asker
    from raylign.judges.judge import Judge

ROWS = 'JSON lines of {"prompt", "response", "metadata", "gold"}.'


def judge(
    spec: Annotated[
        str,
        typer.Argument(metavar="JUDGE", help="A judge as in a job file, '{type: math}', a file of one, or a job file."),
    ],
    rows: Annotated[Path | None, typer.Argument(metavar="[ROWS]", help=ROWS)] = None,
    task: Annotated[str | None, typer.Option(help="Whose judges, of a job file with several tasks.")] = None,
    rows_file: Annotated[Path | None, typer.Option("--rows", metavar="ROWS", help="The same, as an option.")] = None,
    libraries: Libraries = "",
    as_json: AsJson = False,
) -> None:
    """Ask a judge of any kind about labeled responses: its verdicts, why, and how far it agrees with ``gold``."""
    from raylign.judges.agreement import judge_file
    from raylign.judges.trial import ask_rules
    from raylign.show.judgeview import show_trials
    from raylign.spec.trial import load_trial

    file = rows or rows_file
    if file is None or (rows and rows_file):
        raise SpecError("give one file of ROWS, as the second argument or by --rows")
    allow(libraries)
    trial = load_trial(spec, task=task)
    found = {one.label: judge_file(one, file, ask_rules) for one in trial.judges if not one.asks()}
    for mine in _by_asker(trial.judges).values():
        found |= _asked(spec, file, task, mine)
    found = {one.label: found[one.label] for one in trial.judges}
    if as_json:
        print(json.dumps(found if trial.of_job else found[trial.judges[0].label]))
    else:
        show_trials(found, Console())


def _by_asker(judges: "Sequence[Judge]") -> "dict[Asker, list[str]]":
    """Labels of the judges that ask a model, by whom they ask."""
    by_asker: dict[Asker, list[str]] = {}
    for one in judges:
        for question in one.asks():
            by_asker.setdefault(question.asker, []).append(one.label)
    return by_asker


def _asked(spec: str, rows: Path, task: str | None, names: Sequence[str]) -> dict[str, Any]:
    """What judges of one model find. Its engine is a program of its own: this package never imports it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        command = [sys.executable, "-m", "actors", "judge", spec, str(rows), "--out", str(out)]
        command += [word for name in names for word in ("--name", name)] + (["--task", task] if task else [])
        done = subprocess.run(command, stdout=sys.stderr)
        if done.returncode:
            raise typer.Exit(done.returncode)  # it has said why
        found: dict[str, Any] = json.loads(out.read_text())
        return found
