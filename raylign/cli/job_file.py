"""A job's file: checked, planned, described."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from raylign import bounds
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, JobFile, Overrides
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.plan.check import Checked
    from raylign.spec import Job


def check(file: JobFile, settings: Overrides = None, as_json: AsJson = False) -> None:
    """Say whether a job file is right: keys, ranges, prompts files, judges' metadata, models, templates."""
    from raylign.plan.check import check_job
    from raylign.spec import load_job

    job = load_job(file, settings or ())
    checked = check_job(job)
    if as_json:
        print(json.dumps({"ok": True, "job": job.name, **checked.to_dict()}))
        return
    tasks = ", ".join(f"{name} ({count} prompts)" for name, count in checked.prompts.items())
    print(f"{file}: job {job.name!r} is fine: {job.steps} steps over {tasks}")
    for line in (*checked.understood, *(f"warning: {warning}" for warning in checked.warnings), *checked.notes):
        print(line)


def plan(
    file: JobFile,
    settings: Overrides = None,
    as_json: AsJson = False,
    cpus: Annotated[
        float | None, typer.Option(help="Plan for a node with so many CPUs instead of this machine.")
    ] = None,
    gpus: Annotated[float | None, typer.Option(help="... and so many GPUs.")] = None,
    gpu_memory_gb: Annotated[float | None, typer.Option(help="... of so many GiB each.")] = None,
    nodes: Annotated[int, typer.Option(min=1, max=bounds.NODES, help="... and so many such nodes.")] = 1,
    home: HomeFolder = DEFAULT_HOME,
    url: Annotated[str | None, typer.Option(help="Ask this gateway what the job would be on its cluster.")] = None,
) -> None:
    """Show what a job would run: actors and their resources, samples and microbatches per step, memory."""
    from raylign.plan.cluster import imagined_cluster
    from raylign.plan.memory.terms import GIB
    from raylign.plan.resolve import make_plan
    from raylign.plan.show import show_plan
    from raylign.spec import load_job

    job = load_job(file, settings or ())
    if url is not None:
        _show_foretold(job, home, url, as_json)
        return
    gpu_memory = None if gpu_memory_gb is None else gpu_memory_gb * GIB
    cluster = imagined_cluster(cpus=cpus, gpus=gpus, gpu_memory_bytes=gpu_memory, nodes=nodes)
    made = make_plan(job, cluster, checked=checked(job))
    if as_json:
        print(json.dumps(made.to_dict(), indent=2))
    else:
        show_plan(made, Console())


def _show_foretold(job: "Job", home: Path, url: str, as_json: bool) -> None:
    from raylign.cli.connection import connect
    from raylign.plan.plan import read_plan
    from raylign.plan.show import show_plan

    with connect(home, url) as client:
        told = client.plan(job)
    if as_json:
        print(json.dumps(told, indent=2))
        return
    if told["errors"]:
        raise SpecError("\n".join(one["message"] for one in told["errors"]))
    for line in (*(f"warning: {warning}" for warning in told["warnings"]), *told["notes"]):
        typer.echo(line, err=True)
    if told["plan"]:
        show_plan(read_plan(told["plan"]), Console())


def schema() -> None:
    """Print the JSON schema of a job: every key, its range, its meaning."""
    from pydantic import TypeAdapter

    from raylign.spec.kinds import AnyJob

    print(json.dumps(TypeAdapter(AnyJob).json_schema(), indent=2))


def checked(job: "Job") -> "Checked":
    """Check the job before it is used; what is to be said of it goes to stderr, where it disturbs no output."""
    from raylign.plan.check import check_job

    found = check_job(job)
    for line in (*found.understood, *(f"warning: {warning}" for warning in found.warnings)):
        typer.echo(line, err=True)
    return found
