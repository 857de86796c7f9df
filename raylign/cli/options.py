"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

JobWord = Annotated[str, typer.Argument(metavar="JOB", help="An id or its beginning, a name, or `latest`.")]
JobFile = Annotated[Path, typer.Argument(metavar="FILE", help="A job in YAML or JSON.")]
RunDir = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run directory; or a job at a gateway, as for `watch`.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]...", help="Settings in place of the file's: steps=10 tasks.math.weight=2."),
]
Metadata = Annotated[
    list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="What you say of a job; again for another.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
HomeFolder = Annotated[
    Path, typer.Option(envvar="RAYLIGN_HOME", help="The service's home: its database, key and jobs.")
]
Url = Annotated[str | None, typer.Option(envvar="RAYLIGN_URL", help="The gateway; the one of --home where absent.")]
DEFAULT_HOME = Path(".raylign")
