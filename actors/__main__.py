"""``python -m actors run``: the driver's process, for a gateway's Ray job and for ``raylign run`` alike."""

import argparse
import asyncio
import importlib
import signal
import sys
import time
from pathlib import Path

from raylign.checkpoint import Checkpoints
from raylign.console import LiveDisplay
from raylign.emitter import Emitter
from raylign.errors import RaylignError, SpecError
from raylign.reporter import Reporter, read_token
from raylign.rundir import RunDirectory
from raylign.spec import Job, load_job, parse_job
from raylign.terminal import soften_streams
from raylign.trackers import TensorBoard

EXIT = {"succeeded": 0, "failed": 1, "cancelled": 130}
EXIT_SPEC = 2


def main() -> int:
    """Returns the exit status: 0 succeeded, 1 failed, 2 the job is wrong, 130 cancelled."""
    soften_streams()
    options = _options()
    try:
        return _run(options)
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_SPEC
    except RaylignError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT["failed"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m actors", description="Run an alignment job on Ray.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the job of a run directory to its end")
    run.add_argument("--run-dir", type=Path, required=True)
    run.add_argument("--job", type=Path, help="job file of a new run; without it the directory's own job goes on")
    run.add_argument("--json", action="store_true", help="one JSON line per event instead of the display")
    run.add_argument("--no-dashboard", action="store_true", help="no Ray dashboard on a cluster started here")
    run.add_argument("--report", help="URL of the gateway to report to")
    run.add_argument("--job-id", help="the job's id there, also the Ray namespace")
    run.add_argument("--attempt", type=int, default=1)
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    if options.job is not None:
        job = load_job(options.job)
        run = RunDirectory.create(options.run_dir, job.model_dump(mode="json"))
    else:
        run = RunDirectory.open(options.run_dir)
        job = parse_job(run.job(), source=str(run.job_path))
    with run:
        return asyncio.run(_drive(options, job, run))


async def _drive(options: argparse.Namespace, job: Job, run: RunDirectory) -> int:
    job_id = options.job_id or f"{job.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    found = Checkpoints(run.checkpoints_path).latest()
    tracker = TensorBoard(run.tensorboard_path, next_step=found[1].next_step if found else 0)
    reporter = None
    if options.report:
        token = read_token(run.path)
        reporter = Reporter(options.report, job_id, options.attempt, token, run.events_path)
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)

    def wish() -> str:
        if interrupted.is_set():
            return "cancel"
        return reporter.desired if reporter else "run"

    with LiveDisplay(json=options.json) as display:
        for event in run.events():
            display.catch_up(event)
        emit = Emitter(run, display, tracker, reporter)
        emit("status", {"phase": "starting Ray", "detail": ""})
        # Torch takes seconds to import and Ray seconds to start: side by side, and after the display is up.
        importing = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, "actors.driver"))
        from actors.cluster import connect

        dashboard = connect(namespace=job_id, dashboard=not options.no_dashboard)
        driver = await importing
        state = await driver.drive(job, run, job_id=job_id, emit=emit, wish=wish, dashboard=dashboard)
    tracker.close()
    if reporter is not None:
        reporter.close()
    return EXIT[state]


if __name__ == "__main__":
    sys.exit(main())
