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
    from raylign.spec import Work


def check(file: JobFile, settings: Overrides = None, as_json: AsJson = False) -> None:
    """Say whether a job file is right: keys, ranges, prompts files, judges' metadata, models, templates."""
    from raylign.plan.stages import check_work, together
    from raylign.spec import load_job

    job = load_job(file, settings or ())
    found = together(job, check_work(job))
    if as_json:
        print(json.dumps({"ok": True, "job": job.name, **found.to_dict()}))
        return
    tasks = ", ".join(f"{name} ({count} prompts)" for name, count in found.prompts.items())
    print(f"{file}: job {job.name!r} is fine: {job.extent} over {tasks}")
    for line in (*found.understood, *(f"warning: {warning}" for warning in found.warnings), *found.notes):
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
    from raylign.plan.show import show_plans
    from raylign.plan.stages import plan_work, plans_told
    from raylign.spec import load_job

    job = load_job(file, settings or ())
    if url is not None:
        _show_foretold(job, home, url, as_json)
        return
    gpu_memory = None if gpu_memory_gb is None else gpu_memory_gb * GIB
    cluster = imagined_cluster(cpus=cpus, gpus=gpus, gpu_memory_bytes=gpu_memory, nodes=nodes)
    made = plan_work(job, cluster, checked(job))
    if as_json:
        print(json.dumps(plans_told(job, made), indent=2))
    else:
        show_plans(made, Console())


def _show_foretold(job: "Work", home: Path, url: str, as_json: bool) -> None:
    from raylign.cli.connection import connect
    from raylign.plan.show import show_plans
    from raylign.plan.stages import read_plans

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
        show_plans(read_plans(told["plan"]), Console())


def schema() -> None:
    """Print the JSON schema of a job: every key, its range, its meaning."""
    from pydantic import TypeAdapter

    from raylign.spec.recipe import AnyWork

    print(json.dumps(TypeAdapter(AnyWork).json_schema(), indent=2))


def checked(job: "Work") -> "tuple[Checked, ...]":
    """Check the job before it is used; what is to be said of it goes to stderr, where it disturbs no output."""
    from raylign.plan.stages import check_work, together

    found = check_work(job)
    told = together(job, found)
    for line in (*told.understood, *(f"warning: {warning}" for warning in told.warnings)):
        typer.echo(line, err=True)
    return found
