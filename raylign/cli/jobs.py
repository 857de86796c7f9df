"""Jobs at a gateway: sent, followed, listed, paused, resumed, cancelled, retried, deleted."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from raylign.cli.connection import connect
from raylign.cli.job_file import checked
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder, JobFile, JobWord, Metadata, Overrides, Url
from raylign.errors import SpecError

if TYPE_CHECKING:
    from raylign.service.client import Client, JobDict


def submit(
    file: JobFile,
    settings: Overrides = None,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow it live until it ends.")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency key: sending twice starts one job.")] = None,
    metadata: Metadata = None,
    priority: Annotated[int, typer.Option(min=-100, max=100, help="The highest starts first.")] = 0,
    after: Annotated[str | None, typer.Option(metavar="JOB", help="A job that has to succeed first.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a job to the gateway. It outlives this command."""
    from raylign.spec import load_job
    from raylign.spec.prompts import DATASET

    job = load_job(file, settings or ())
    document = job.model_dump_json()
    # The gateway of a home reads the files that are here; another has its own, and its datasets are any gateway's own.
    if url is None and f'"path":"{DATASET}' not in document:
        checked(job)
    with connect(home, url) as client:
        sent = client.submit(
            json.loads(document),
            idempotency_key=key,
            metadata=pairs(metadata),
            priority=priority,
            after=client.find(after)["id"] if after else None,
        )
        if not watch:
            print(json.dumps(sent) if as_json else f"{sent['id']}  {sent['state']}  raylign watch {sent['id']}")
            return
        raise typer.Exit(follow(client, sent["id"], as_json))


def watch(job: JobWord, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Follow a job live, from its first event. Ctrl-C leaves the job running."""
    with connect(home, url) as client:
        raise typer.Exit(follow(client, client.find(job)["id"], as_json))


def jobs(
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    metadata: Metadata = None,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List the gateway's jobs, newest first."""
    from raylign.show.joblist import show_jobs

    with connect(home, url) as client:
        found = client.jobs(state=state, name=name, metadata=pairs(metadata))
    if as_json:
        print(json.dumps(found))
        return
    show_jobs(found, Console())


def cancel(job: JobWord, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Stop a job, in whatever state it is. Its last checkpoint stays."""
    with connect(home, url) as client:
        _tell(client.cancel(client.find(job)["id"]), as_json)


def pause(
    job: JobWord,
    ttl: Annotated[
        float | None, typer.Option(min=1, help="Seconds after which it is cancelled, if not resumed.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have a job keep what it has made and give its resources back, in whatever state it is."""
    with connect(home, url) as client:
        _tell(client.pause(client.find(job)["id"], ttl_s=ttl), as_json)


def resume(job: JobWord, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Let a paused job go on, to the same result as if it had not been."""
    with connect(home, url) as client:
        _tell(client.resume(client.find(job)["id"]), as_json)


def retry(job: JobWord, home: HomeFolder = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Have a job that failed or was cancelled go on from its last checkpoint."""
    with connect(home, url) as client:
        _tell(client.retry(client.find(job)["id"]), as_json)


def delete(
    job: JobWord,
    keep_run: Annotated[bool, typer.Option("--keep-run", help="Leave its run directory where it is.")] = False,
    home: HomeFolder = DEFAULT_HOME,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Forget a job that has ended, and remove its run directory: checkpoints, model, report."""
    with connect(home, url) as client:
        found = client.find(job)
        client.delete(found["id"], keep_run=keep_run)
    print(json.dumps({"id": found["id"], "deleted": True}) if as_json else f"{found['id']}  deleted")


def pairs(words: Sequence[str] | None) -> dict[str, str]:
    """Metadata as said on the command line. Raises `SpecError`."""
    if wrong := [word for word in words or () if "=" not in word]:
        raise SpecError(f"--metadata {wrong[0]!r}: say KEY=VALUE")
    return dict(word.split("=", 1) for word in words or ())


def _tell(found: "JobDict", as_json: bool) -> None:
    print(json.dumps(found) if as_json else f"{found['id']}  {found['state']}")


def follow(client: "Client", job: str, as_json: bool) -> int:
    """The same display as `run`, fed by the gateway. Returns the exit status: how the job ended."""
    from raylign.record.events.payloads import RunEnded
    from raylign.show.console import SHOWN, LiveDisplay

    state = "failed"
    with LiveDisplay(json=as_json, page=f"{client.url}/#/jobs/{job}") as display:
        for event in client.events(job, kinds=() if as_json else SHOWN):
            display.show(event)
            if isinstance(event.said, RunEnded):
                state = event.said.state
    return {"succeeded": 0, "cancelled": 130}.get(state, 1)
