"""The demo: a service for the length of one command, started as a child process, stopped at the end."""

import contextlib
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from raylign.cli.connection import connect
from raylign.cli.job_file import checked
from raylign.cli.jobs import follow
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder
from raylign.errors import ServeError, SpecError
from raylign.service.home import Home

EXAMPLE = Path("examples/demo.yaml")
START_S = 120.0
"""For gateway and local Ray to be up; 5 to 10 s measured on two cores."""
STOP_S = 60.0


def demo(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The job to show; the repository's own where absent.")
    ] = None,
    home: HomeFolder = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Serve, submit a job over REST, follow it live to its report, and stop again."""
    from raylign.spec import load_job

    job = load_job(file or find_example())
    checked(job)
    with service(home), connect(home, None) as client:
        sent = client.submit(job.model_dump(mode="json"))
        place = f"#/jobs/{sent['id']}"
        tell = Console(stderr=True).print
        tell(f"Watch it in a browser, too: {client.url}/{place}", highlight=False, soft_wrap=True)
        state = follow(client, sent["id"], as_json)
    again = f"raylign serve --home {shlex.quote(str(home))}"
    tell(f"See it again: `{again}`, then http://127.0.0.1:8420/{place}", highlight=False, soft_wrap=True)
    raise typer.Exit(state)


def find_example() -> Path:
    """The demo's job: of the folder one stands in, or of the clone this package runs from. Raises `SpecError`."""
    for root in (Path.cwd(), Path(__file__).parents[2]):
        if (root / EXAMPLE).is_file():
            return root / EXAMPLE
    raise SpecError(
        f"there is no {str(EXAMPLE)!r} here: its models and prompts come with raylign's repository. Run the demo in a "
        "clone of it, or name a job of your own: `raylign demo FILE`"
    )


@contextlib.contextmanager
def service(home: Path) -> Iterator[None]:
    """``raylign serve --home HOME`` on a free port, running inside the ``with`` block.

    Raises `ServeError` with the service's own words when it does not come up.
    """
    place = Home(home.expanduser().resolve())
    console = Console(stderr=True)
    place.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = place.path / "serve.log"
    place.gateway_record.unlink(missing_ok=True)
    with log.open("w") as out:
        command = [sys.executable, "-m", "raylign.cli", "serve", "--home", str(place.path), "--port", "0"]
        # A session of its own: Ctrl-C in the terminal reaches us first, and we stop the service in order.
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    signal.signal(signal.SIGTERM, _leave)  # so that the service is stopped on that way out, too
    try:
        with console.status("Starting the gateway and a local Ray ..."):
            _wait_until_up(child, place, log)
        console.print(log.read_text().strip(), highlight=False, markup=False)
        yield
    finally:
        with console.status("Stopping the gateway and Ray ..."):
            _stop(child)


def _wait_until_up(child: "subprocess.Popen[bytes]", place: Home, log: Path) -> None:
    end = time.monotonic() + START_S
    while not place.gateway_record.exists():
        if child.poll() is not None:
            raise ServeError(f"the service ended while starting: {log.read_text().strip()[-2000:]}")
        if time.monotonic() > end:
            raise ServeError(f"the service was not up within {START_S:g} s; its words are in {str(log)!r}")
        time.sleep(0.1)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
