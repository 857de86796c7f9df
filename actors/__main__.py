"""``python -m actors run``: the driver's process, for a gateway's Ray job and for ``raylign run`` alike; ``... judge``:
judges that ask a model, tried; ``... data``: a data file, looked at; ``... eval`` and ``... chat``: what came out;
``... explain``: what a policy says of its choices; ``... answer``: chat, for the gateway."""

import argparse
import asyncio
import importlib
import os
import signal
import sys
import time
from pathlib import Path

from actors import explaining, finished
from actors.emitter import Emitter
from actors.judging import trial
from actors.text import inspection
from raylign import secrets
from raylign.errors import RaylignError, SpecError
from raylign.plan.confinement import Confinement
from raylign.record.events import Event
from raylign.record.events.payloads import Status
from raylign.record.hub import require_hub
from raylign.record.rundir import RunDirectory, event_line
from raylign.record.stages import finished as finished_end
from raylign.remote import require_library
from raylign.service.reporter import Reporter, read_token
from raylign.show.console import LiveDisplay
from raylign.show.terminal import soften_streams
from raylign.spec import Work, load_job
from raylign.spec.resumed import resumed
from raylign.trackers.kinds import of_run
from raylign.trackers.tracking import Tracking

EXIT = {"succeeded": 0, "failed": 1, "cancelled": 130, "paused": 75}
EXIT_SPEC = 2


def main() -> int:
    """Returns the exit status: 0 succeeded, 1 failed, 2 the job is wrong, 75 paused, 130 cancelled."""
    soften_streams()
    options = _options()
    if "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ:
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # before Ray is imported; it would leave the token unused
    try:
        if options.command == "judge":
            trial.run(options)
            return EXIT["succeeded"]
        status: int = options.command(options)
        return status
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
    run.add_argument("settings", nargs="*", help="in place of the job's: steps=10 tasks.math.weight=2")
    run.add_argument("--run-dir", type=Path, required=True)
    run.add_argument("--job", type=Path, help="job file of a new run; without it the directory's own job goes on")
    run.add_argument("--json", action="store_true", help="one JSON line per event instead of the display")
    run.add_argument("--no-dashboard", action="store_true", help="no Ray dashboard on a cluster started here")
    run.add_argument("--report", help="URL of the gateway to report to")
    run.add_argument("--job-id", help="the job's id there, also the Ray namespace")
    run.add_argument("--attempt", type=int, default=1)
    run.add_argument("--within", type=Path, action="append", help="the job may read nothing that lies elsewhere")
    run.add_argument("--store-within", action="append", default=[], help="and keep checkpoints in no store elsewhere")
    run.set_defaults(command=_run)
    trial.arguments(commands.add_parser("judge", help="try judges that ask a model on labeled rows"))
    inspection.arguments(commands.add_parser("data", help="show what a data file holds, in the policy's tokens"))
    finished.measuring_options(commands.add_parser("eval", help="measure a run's model beside the one it came from"))
    explaining.options(commands.add_parser("explain", help="sample and score a policy's explanations"))
    answering = commands.add_parser("answer", help="answer chat with a model, for the gateway")
    answering.add_argument("--model", required=True)
    answering.add_argument("--token-file", type=Path, required=True, help="what who asks has to show")
    answering.add_argument("--host", help="address to listen on; this node's own where absent")
    answering.add_argument("--idle-s", type=float, default=600.0, help="it leaves once nobody has asked for so long")
    answering.set_defaults(command=_answer)
    finished.chat_options(commands.add_parser("chat", help="talk to a run's model"))
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    if options.job is not None:
        job = load_job(options.job, options.settings)
        run = RunDirectory.create(options.run_dir, job.model_dump(mode="json"))
    else:
        began = RunDirectory(options.run_dir)
        job = resumed(began.job(), options.settings, source=str(began.job_path))
        run = RunDirectory.open(options.run_dir)
    with run:
        if options.job is None and options.settings:
            run.change_job(job.model_dump(mode="json"))
        if end := finished_end(job, run):
            return _tell_finished(options, job, run, end)
        return asyncio.run(_drive(options, job, run))


def _answer(options: argparse.Namespace) -> int:
    from actors import answering  # with torch, which a driver does without

    return answering.answer(options.model, options.token_file, host=options.host, idle_s=options.idle_s)


def _tell_finished(options: argparse.Namespace, job: Work, run: RunDirectory, end: Event) -> int:
    """A run that is whole already: nothing is started, only said."""
    if options.report:
        _reporter(options, options.job_id, run).close()  # an attempt whose end the gateway has missed
    if options.json:
        print(event_line(end))
    else:
        print(
            f"{run.path} is finished, with {job.extent}: the model is {run.model_path}, the report is {run.report_path}"
        )
    return EXIT["succeeded"]


def _reporter(options: argparse.Namespace, job_id: str, run: RunDirectory) -> Reporter:
    return Reporter(options.report, job_id, options.attempt, read_token(run.path), run.events_path)


async def _drive(options: argparse.Namespace, job: Work, run: RunDirectory) -> int:
    job_id = options.job_id or f"{job.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    secrets.enter(job.model_dump(mode="json"), run.path)
    for one in job.jobs:
        for tracker in of_run(one.trackers):
            tracker.require()
        if one.output.push_to is not None:
            require_hub(one.output.push_to)
        if one.checkpoint.store is not None:
            require_library(one.checkpoint.store)
    reporter = _reporter(options, job_id, run) if options.report else None
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)

    def wish() -> str:
        if interrupted.is_set():
            return "cancel"
        return reporter.desired if reporter else "run"

    with LiveDisplay(json=options.json) as display:
        await asyncio.to_thread(_catch_up, display, run)
        trackers = () if job.stages else of_run(job.jobs[0].trackers)  # those of stages are told by the stages
        emit = Emitter(run, display, Tracking(trackers, run.path, job.name), reporter)
        emit(Status(phase="starting Ray"))
        # Torch takes seconds to import and Ray seconds to start: side by side, and after the display is up.
        importing = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, "actors.stages"))
        from actors.cluster.connection import connect
        from actors.cluster.gauges import RayGauges

        dashboard = connect(namespace=job_id, dashboard=not options.no_dashboard)
        confinement = _confinement(options)
        with RayGauges(align_job=job_id, attempt=options.attempt) as gauges:
            emit.listen(gauges)
            stages = await importing
            state = await stages.drive_work(
                job, run, job_id=job_id, emit=emit, wish=wish, dashboard=dashboard, confinement=confinement
            )
    if reporter is not None:
        reporter.close()
    return EXIT[state]


def _confinement(options: argparse.Namespace) -> Confinement | None:
    if not options.within:
        return None
    return Confinement(roots=tuple(options.within), stores=tuple(options.store_within))


def _catch_up(display: LiveDisplay, run: RunDirectory) -> None:
    for event in run.events():
        display.catch_up(event)


if __name__ == "__main__":
    sys.exit(main())
