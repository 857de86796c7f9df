"""What a job at a gateway has made, fetched."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from raylign.cli.connection import connect
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, JobWord, Url


def get_model(
    job: JobWord,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new directory.")],
    step: Annotated[int | None, typer.Option(min=0, help="Of its checkpoint after so many steps.")] = None,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a job's model: a directory that loads with plain transformers."""
    with connect(home, url) as client, Console(stderr=True).status("Fetching ...") as status:
        found = client.find(job)["id"]
        written = client.weights.fetch(found, folder, step=step, tell=lambda name: status.update(f"Fetching {name}"))
    if as_json:
        print(json.dumps({"job": found, "files": [str(path) for path in written]}))
        return
    print(f"{folder}: {len(written)} files of {found}")
