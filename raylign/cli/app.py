"""The ``raylign`` command."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from raylign import __version__, bounds
from raylign.errors import RaylignError, SpecError
from raylign.show.terminal import soften_streams

if TYPE_CHECKING:
    from raylign.plan.check import Checked
    from raylign.service.client import Client
    from raylign.spec import Job

app = typer.Typer(
    name="raylign",
    help="Align language models on Ray: constrained RLHF with a mixture of judges (CGPO), online AI feedback.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

JobWord = Annotated[str, typer.Argument(metavar="JOB", help="An id or its beginning, a name, or `latest`.")]
JobFile = Annotated[Path, typer.Argument(metavar="FILE", help="A job in YAML or JSON.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Home = Annotated[Path, typer.Option(envvar="RAYLIGN_HOME", help="The service's home: its database, key and jobs.")]
Url = Annotated[str | None, typer.Option(envvar="RAYLIGN_URL", help="The gateway; the one of --home where absent.")]
Libraries = Annotated[
    str,
    typer.Option(
        "--sandbox-libraries",
        envvar="RAYLIGN_SANDBOX_LIBRARIES",
        help="Installed packages that programs under test may import, 'numpy,sympy' for two.",
    ),
]
DEFAULT_HOME = Path(".raylign")


def main() -> None:
    """Entry point: deliberate errors are printed as one sentence, with exit status 2 for a wrong job, else 1."""
    soften_streams()
    try:
        app()
    except RaylignError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, SpecError) else 1)


@app.command()
def check(file: JobFile, as_json: AsJson = False) -> None:
    """Say whether a job file is right: keys, ranges, prompts files, judges' metadata, models, templates."""
    from raylign.plan.check import check_job
    from raylign.spec import load_job

    job = load_job(file)
    checked = check_job(job)
    if as_json:
        print(json.dumps({"ok": True, "job": job.name, **checked.to_dict()}))
        return
    tasks = ", ".join(f"{name} ({count} prompts)" for name, count in checked.prompts.items())
    print(f"{file}: job {job.name!r} is fine: {job.steps} steps over {tasks}")
    for line in (*(f"warning: {warning}" for warning in checked.warnings), *checked.notes):
        print(line)


@app.command()
def plan(
    file: JobFile,
    as_json: AsJson = False,
    cpus: Annotated[
        float | None, typer.Option(help="Plan for a node with so many CPUs instead of this machine.")
    ] = None,
    gpus: Annotated[float | None, typer.Option(help="... and so many GPUs.")] = None,
    gpu_memory_gb: Annotated[float | None, typer.Option(help="... of so many GiB each.")] = None,
    nodes: Annotated[int, typer.Option(min=1, max=bounds.NODES, help="... and so many such nodes.")] = 1,
) -> None:
    """Show what a job would run: actors and their resources, samples and microbatches per step, memory."""
    from raylign.plan.cluster import imagined_cluster
    from raylign.plan.memory.terms import GIB
    from raylign.plan.resolve import make_plan
    from raylign.plan.show import show_plan
    from raylign.spec import load_job

    job = load_job(file)
    gpu_memory = None if gpu_memory_gb is None else gpu_memory_gb * GIB
    cluster = imagined_cluster(cpus=cpus, gpus=gpus, gpu_memory_bytes=gpu_memory, nodes=nodes)
    made = make_plan(job, cluster, checked=_check(job))
    if as_json:
        print(json.dumps(made.to_dict(), indent=2))
    else:
        show_plan(made, Console())


@app.command()
def run(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A job in YAML or JSON.")] = None,
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

    if (file is None) == (resume is None):
        raise SpecError("give either a job FILE, or --resume RUN_DIR")
    _allow(libraries)
    # The workers' side is a program of its own: this package never imports it.
    command = [sys.executable, "-m", "actors", "run"]
    if file is not None:
        job = load_job(file)
        _check(job)
        command += ["--job", str(file), "--run-dir", str(run_dir or Path("runs") / job.name)]
    else:
        command += ["--run-dir", str(resume)]
    command += ["--json"] * as_json + ["--no-dashboard"] * (not dashboard)
    sys.stdout.flush()
    os.execv(sys.executable, command)


@app.command()
def serve(
    home: Home = DEFAULT_HOME,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8420,
    ray_url: Annotated[
        str | None,
        typer.Option(help="Dashboard address of a running Ray cluster; a local Ray is started where absent."),
    ] = None,
    database_url: Annotated[str | None, typer.Option(help="SQLAlchemy URL; SQLite in the home where absent.")] = None,
    report_url: Annotated[
        str | None, typer.Option(help="Address under which the cluster reaches this gateway.")
    ] = None,
    libraries: Libraries = "",
) -> None:
    """Start the gateway, its dispatcher and a local Ray with its dashboard. Ctrl-C stops all of it."""
    from raylign.service.serve import Serving, Settings
    from raylign.service.serve import serve as serve_gateway

    _allow(libraries)

    def announce(serving: Serving) -> None:
        console = Console()
        console.print(f"gateway    {serving.url}   (API docs at {serving.url}/docs)", highlight=False)
        asks = f"; it asks for the token in {serving.ray_token}" if serving.ray_token else ""
        console.print(f"dashboard  {serving.ray_url}   (Ray{asks})", highlight=False)
        console.print(f"home       {serving.home.path}   (API key in {serving.home.api_key})", highlight=False)
        console.print("Send a job: raylign submit FILE --watch", highlight=False)

    settings = Settings(host=host, port=port, ray_url=ray_url, database_url=database_url, report_url=report_url)
    serve_gateway(home, settings, on_ready=announce)


@app.command()
def demo(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The job to show; the repository's own where absent.")
    ] = None,
    home: Home = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Serve, submit a job over REST, follow it live to its report, and stop again."""
    from raylign.cli.demo import find_example, service
    from raylign.spec import load_job

    job = load_job(file or find_example())
    _check(job)
    with service(home), _connect(home, None) as client:
        sent = client.submit(job.model_dump(mode="json"))
        state = _watch(client, sent["id"], as_json)
    raise typer.Exit(state)


@app.command()
def submit(
    file: JobFile,
    home: Home = DEFAULT_HOME,
    url: Url = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow it live until it ends.")] = False,
    key: Annotated[str | None, typer.Option(help="Idempotency key: sending twice starts one job.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a job to the gateway. It outlives this command."""
    from raylign.spec import load_job

    job = load_job(file)
    if url is None:  # the gateway of a home reads the files that are here; another has its own
        _check(job)
    with _connect(home, url) as client:
        sent = client.submit(job.model_dump(mode="json"), idempotency_key=key)
        if not watch:
            print(json.dumps(sent) if as_json else f"{sent['id']}  {sent['state']}  raylign watch {sent['id']}")
            return
        raise typer.Exit(_watch(client, sent["id"], as_json))


@app.command()
def watch(job: JobWord, home: Home = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Follow a job live, from its first event. Ctrl-C leaves the job running."""

    with _connect(home, url) as client:
        raise typer.Exit(_watch(client, client.find(job)["id"], as_json))


@app.command()
def jobs(home: Home = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """List the gateway's jobs, newest first."""

    from raylign.show.joblist import show_jobs

    with _connect(home, url) as client:
        found = client.jobs()
    if as_json:
        print(json.dumps(found))
        return
    show_jobs(found, Console())


@app.command()
def cancel(job: JobWord, home: Home = DEFAULT_HOME, url: Url = None, as_json: AsJson = False) -> None:
    """Stop a job, in whatever state it is. Its last checkpoint stays."""

    with _connect(home, url) as client:
        state = client.cancel(client.find(job)["id"])
    print(json.dumps(state) if as_json else f"{state['id']}  {state['state']}")


@app.command()
def judge(
    spec: Annotated[
        str, typer.Argument(metavar="JUDGE", help="A rule judge as in a job file, '{type: math}', or a file of one.")
    ],
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS", help='JSON lines of {"prompt", "response", "metadata", "gold"}.')
    ],
    libraries: Libraries = "",
    as_json: AsJson = False,
) -> None:
    """Ask a rule judge about labeled responses: its verdicts, why, and how often it agrees with ``gold``."""
    from raylign.judges.agreement import judge_file
    from raylign.show.judgeview import show_judged
    from raylign.spec.load import load_judge

    _allow(libraries)
    found = judge_file(load_judge(spec), rows)
    if as_json:
        print(json.dumps(found))
    else:
        show_judged(found, Console())


@app.command()
def schema() -> None:
    """Print the JSON schema of a job: every key, its range, its meaning."""
    from raylign.spec import Job

    print(json.dumps(Job.model_json_schema(), indent=2))


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def _check(job: "Job") -> "Checked":
    """Check the job before it is used, and warn on stderr, where it disturbs no output."""
    from raylign.plan.check import check_job

    checked = check_job(job)
    for warning in checked.warnings:
        typer.echo(f"warning: {warning}", err=True)
    return checked


def _allow(libraries: str) -> None:
    """Let programs under test, of every process that is started from here, import these packages."""
    from raylign.judges import libraries as allowed

    allowed.find(allowed.names(libraries))
    os.environ[allowed.VARIABLE] = libraries


def _connect(home: Path, url: str | None) -> "Client":
    """A client of the gateway at ``url``, or of the one that serves ``home``."""
    from raylign.service.client import Client
    from raylign.service.home import find_gateway

    return Client(*find_gateway(home, url))


def _watch(client: "Client", job: str, as_json: bool) -> int:
    """The same display as `run`, fed by the gateway. Returns the exit status: how the job ended."""
    from raylign.record.events.payloads import RunEnded
    from raylign.show.console import LiveDisplay

    state = "failed"
    with LiveDisplay(json=as_json) as display:
        for event in client.events(job):
            display.show(event)
            if isinstance(event.said, RunEnded):
                state = event.said.state
    return {"succeeded": 0, "cancelled": 130}.get(state, 1)
