"""Arguments and options that several commands take."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from raylign.errors import SpecError

JobWord = Annotated[str, typer.Argument(metavar="JOB", help="An id or its beginning, a name, or `latest`.")]
JobFile = Annotated[Path, typer.Argument(metavar="FILE", help="A job in YAML or JSON.")]
RunDir = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run directory; or a job at a gateway, as for `watch`.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]...", help="Settings in place of the file's: steps=10 tasks.math.weight=2."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", metavar="OURS=THEIRS", help="What the file calls things: prompt=question; again for more."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
HomeFolder = Annotated[
    Path, typer.Option(envvar="RAYLIGN_HOME", help="The service's home: its database, key and jobs.")
]
Url = Annotated[str | None, typer.Option(envvar="RAYLIGN_URL", help="The gateway; the one of --home where absent.")]
DEFAULT_HOME = Path(".raylign")


def renamed(columns: Sequence[str]) -> dict[str, str]:
    """What `Columns` says: ``{"prompt": "question"}``. Raises `SpecError`."""
    pairs = [one.strip().partition("=") for part in columns for one in part.split(",")]
    for ours, mark, theirs in pairs:
        if not (ours and mark and theirs):
            raise SpecError(f"--columns {ours + mark + theirs!r} is no OURS=THEIRS: write prompt=question")
    mapping = {ours: theirs for ours, _, theirs in pairs}
    if len(mapping) < len(pairs):
        raise SpecError(f"--columns gives one name to two columns: {', '.join(columns)}")
    return mapping
