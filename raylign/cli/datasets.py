"""Data at a gateway: sent, listed, looked at, deleted. Jobs there read it as ``dataset://NAME``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from raylign.cli.columns import Columns, renamed
from raylign.cli.connection import connect
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, Url
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.service.dataset_client import DatasetDict

HEADINGS = ("dataset", "name", "state", "bytes", "format")
Dataset = Annotated[str, typer.Argument(metavar="DATASET", help="A name, or an id.")]

datasets = typer.Typer(no_args_is_help=True, help="Data at a gateway, which jobs read as dataset://NAME.")


@datasets.command("push")
def push(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSON Lines, JSON, CSV, parquet; text ones as .gz, too.")
    ],
    name: Annotated[str | None, typer.Option(help="What jobs call it; the file's own name where absent.")] = None,
    columns: Columns = None,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Send a file; what an earlier try has sent is not sent again. Then show what the gateway understood of it."""
    console = Console(stderr=True)
    with connect(home, url) as client, console.status("Sending ...") as status:

        def tell(sent: int, size: int) -> None:
            status.update(f"Sending: {sent / size:.0%} of {size:,} bytes")

        found = client.datasets.push(file, name=name, columns=renamed(columns or ()), tell=tell)
    _show(found, as_json)


@datasets.command("list")
def list_datasets(home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """The gateway's datasets, newest first."""
    from raylign.show.joblist import show_rows

    with connect(home, url) as client:
        found = client.datasets.all()
    if as_json:
        print(json.dumps(found))
        return
    rows = [(one["id"], one["name"], one["state"], f"{one['bytes']:,}", one["format"]) for one in found]
    show_rows(rows, HEADINGS, Console(), empty="no datasets yet: send one with `raylign datasets push FILE`")


@datasets.command("show")
def show(
    dataset: Dataset,
    count: Annotated[int, typer.Option("-n", min=1, max=50, help="Rows.")] = 3,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What was found in one, and its first rows as they stand."""
    with connect(home, url) as client:
        found = client.datasets.get(dataset)
        rows = client.datasets.rows(dataset, limit=count) if found["state"] == "ready" else []
    if as_json:
        print(json.dumps(found | {"rows": rows}))
        return
    _show(found, as_json, rows)


@datasets.command("delete")
def delete(dataset: Dataset, home: HomeFolder = DEFAULT_HOME, url: Url = None) -> None:
    """Delete one. Refused while a job that has not ended reads it."""
    with connect(home, url) as client:
        client.datasets.delete(dataset)
    print(f"{dataset}  deleted")


def _show(found: "DatasetDict", as_json: bool, rows: list[dict[str, str]] | None = None) -> None:
    """Raises `SpecError` at the end where no job could use it as it stands."""
    from raylign.show.visible import visible

    if as_json:
        print(json.dumps(found))
    else:
        print(f"{found['id']}  dataset://{found['name']}  {found['state']}, {found['received']:,} bytes")
        for line in _told(found["inspection"] or {}):
            print(f"  {visible(line)}")
        for row in rows or ():
            print(f"  {row['place']}: {visible(row['text'])}")
    if wrong := found["refused"] or found["failure"] or (found["inspection"] or {}).get("failure"):
        raise SpecError(f"dataset {found['name']!r} cannot be used as it stands: {wrong}")


def _told(inspection: dict[str, Any]) -> list[str]:
    if not inspection:
        return []
    told = [
        f"read as {inspection['shape']}: {inspection['means']}",
        f"{inspection['rows']:,} rows, {inspection['usable']:,} usable",
    ]
    for reason, fault in inspection["faults"].items():
        told.append(f"unusable: {reason} ({fault['rows']:,} rows, the first {fault['first']})")
    return told
