"""A run here, without a gateway."""

from pathlib import Path
from typing import Annotated

import typer

from raylign.cli.job_file import checked
from raylign.cli.libraries import Libraries, allow
from raylign.cli.options import AsJson, Overrides
from raylign.cli.workers import become
from raylign.errors import SpecError


def run(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A job in YAML or JSON.")] = None,
    settings: Overrides = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN_DIR", help="Go on with an earlier run.")] = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="Where the run is written; runs/<job name> where absent.")
    ] = None,
    dashboard: Annotated[bool, typer.Option(help="Start the Ray dashboard with a local Ray.")] = True,
    libraries: Libraries = "",
    as_json: AsJson = False,
) -> None:
    """Run a job here, without a gateway: on the cluster of RAY_ADDRESS, or on a Ray of its own."""
    from raylign.spec import load_job

    if resume is not None and file is not None and "=" in str(file):  # the first of the settings
        file, settings = None, [str(file), *(settings or ())]
    if (file is None) == (resume is None):
        raise SpecError("give either a job FILE, or --resume RUN_DIR")
    allow(libraries)
    command = ["run", *(settings or ())]
    if file is not None:
        job = load_job(file, settings or ())
        checked(job)
        command += ["--job", str(file), "--run-dir", str(run_dir or Path("runs") / job.name)]
    else:
        command += ["--run-dir", str(resume)]
    command += ["--json"] * as_json + ["--no-dashboard"] * (not dashboard)
    become(*command)
