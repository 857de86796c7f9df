"""Responses of a run, to be read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from raylign import bounds
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, Run, Url
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.record.events import Event


def samples(
    run: Run,
    task: Annotated[str | None, typer.Option(help="Of this task.")] = None,
    step: Annotated[int | None, typer.Option(min=0, help="Of this step, or of an evaluation after so many.")] = None,
    judge: Annotated[str | None, typer.Option(help="Those that this judge said something of.")] = None,
    worst: Annotated[bool, typer.Option("--worst", help="The lowest rewards first, not the newest.")] = False,
    best: Annotated[bool, typer.Option("--best", help="The highest rewards first.")] = False,
    count: Annotated[int, typer.Option("-n", min=1, max=bounds.SHOWN, help="How many.")] = 10,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show responses of a run: prompt, response, each judge's verdict with its reason, reward."""
    from raylign.record.shown import Sought
    from raylign.show.samplelist import show_samples

    if worst and best:
        raise SpecError("give either --worst or --best")
    sought = Sought(
        task=task, step=step, judge=judge, order="worst" if worst else "best" if best else "newest", count=count
    )
    with _events(run, home, url) as events:
        found = sought.of(events)
    if as_json:
        for one in found:
            print(json.dumps(one.to_dict()))
        return
    show_samples(found, Console())


@contextmanager
def _events(run: str, home: Path, url: str | None) -> "Iterator[Iterator[Event]]":
    """Of a run directory, or of a job at a gateway, one at a time."""
    from raylign.cli.connection import connect
    from raylign.record.rundir import RunDirectory
    from raylign.record.shown import KINDS

    if Path(run).is_dir():
        directory = RunDirectory(run)
        directory.job()  # raises where it is none
        yield directory.events()
        return
    with connect(home, url) as client:
        yield client.past_events(client.find(run)["id"], kinds=KINDS)
