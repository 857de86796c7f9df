"""Label queues of a gateway: made, listed, shown, made a dataset of, deleted. `raylign label QUEUE` sits at one."""

import json
from typing import Annotated, Literal

import typer
from rich.console import Console

from raylign import bounds
from raylign.cli.connection import connect
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, Url

Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="Its name, or its id.")]

label_queues = typer.Typer(no_args_is_help=True, help="Pairs at a gateway, for people to say which response is better.")


@label_queues.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    dataset: Annotated[str | None, typer.Option(help="Preferences, or prompts with two `responses`.")] = None,
    job: Annotated[str | None, typer.Option(help="One that chose pairs by `select`.")] = None,
    task: Annotated[str | None, typer.Option(help="Of the job.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=bounds.SEED, help="Decides which response is on the left.")] = 0,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a queue of a dataset's pairs, or of those that a job chose."""
    with connect(home, url) as client:
        found = client.find(job)["id"] if job else None
        made = client.labels.create(name, dataset=dataset, job=found, task=task, seed=seed)
    print(json.dumps(made) if as_json else f"{made['name']}  {made['pairs']} pairs")


@label_queues.command("list")
def list_queues(home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """All of them, newest first."""
    from raylign.show.joblist import show_rows

    with connect(home, url) as client:
        found = client.labels.all()
    if as_json:
        print(json.dumps(found))
        return
    rows = [(one["name"], str(one["pairs"]), one["source"]) for one in found]
    empty = "no label queues: `raylign label-queues create NAME --dataset DATASET`"
    show_rows(rows, ("queue", "pairs", "of"), Console(), empty=empty)


@label_queues.command("export")
def export(
    queue: Queue,
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="What the dataset is called.")],
    contradicting: Annotated[
        Literal["majority", "drop"], typer.Option(help="What becomes of pairs that labellers disagree about.")
    ] = "majority",
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a dataset of what labellers preferred, for a preference job: dataset://DATASET."""
    with connect(home, url) as client:
        made = client.labels.export(queue, dataset, contradicting=contradicting)
    counts = ", ".join(f"{what} {count}" for what, count in sorted(made["counts"].items()))
    print(json.dumps(made) if as_json else f"dataset://{made['dataset']}  {counts}")


@label_queues.command("delete")
def delete(queue: Queue, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """With all that was said. Datasets that were made of it stay."""
    with connect(home, url) as client:
        client.labels.delete(queue)
    print(json.dumps({"queue": queue, "deleted": True}) if as_json else f"{queue}  deleted")
