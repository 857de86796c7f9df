"""The driver: one job from its run directory to its model. It holds no GPU; it decides, waits and tells.

plan -> fleet, prompts -> resume -> the job's course (its source, publish, the loop) -> model directory -> report
"""

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias, TypeVar

from actors.cluster.connection import describe
from actors.cluster.detached import detached
from actors.emitter import Emitter
from actors.fleet import RayFleet
from actors.imports import without_torch
from raylign.errors import Cancelled, Paused, PlanError, RaylignError, RunError, SpecError, WorkerLost
from raylign.loop.course import take_course
from raylign.loop.pause import Pause
from raylign.loop.resume import resume
from raylign.plan.check import check_job
from raylign.plan.confinement import Confinement
from raylign.plan.resolve import make_plan
from raylign.record.events.demand import Ending
from raylign.record.events.payloads import PlanMade, Pushed, RunEnded, RunPaused, Status, Warned
from raylign.record.hub import push
from raylign.record.kept import AnyCheckpoints, checkpoints_of, kept_of
from raylign.record.place import require_one_place
from raylign.record.rundir import RunDirectory
from raylign.record.stored import StoredCheckpoints
from raylign.redact import redacted
from raylign.remote import Remote
from raylign.sources.collect import Collector
from raylign.sources.inventory import Kept
from raylign.sources.prompts import Encode, World
from raylign.sources.source import Means
from raylign.spec.job import Job

Last: TypeAlias = RunEnded | RunPaused
A = TypeVar("A")
B = TypeVar("B")

MAX_ATTEMPTS = 3
"""Times the fleet is built again after a trainer rank was lost, each from the last committed checkpoint."""
WISH_POLL_S = 0.5
CHECKPOINTS_FREE = 2
"""Checkpoints that must fit the disk before the run starts: the new one is committed before an old one goes."""


async def drive(
    job: Job,
    run: RunDirectory,
    *,
    job_id: str,
    emit: Emitter,
    wish: Callable[[], str],
    dashboard: str = "",
    confinement: Confinement | None = None,
) -> str:
    """Run the job to its end and say so in an ``end`` event, or to a pause. Returns the end's state, or "paused".

    ``wish`` answers what the user wants now: "run", "pause" or "cancel". ``confinement``: where it may read; anywhere
    for None. Never raises for a failing run; the message tells.
    """
    pause = Pause()
    work = asyncio.ensure_future(_attempts(job, run, job_id, emit, dashboard, pause, confinement))
    watch = asyncio.ensure_future(_obey(work, wish, pause))
    last = await last_word(work, run, wish=wish)
    watch.cancel()
    return await say_last(last, emit)


async def last_word(course: Awaitable[Last], run: RunDirectory, *, wish: Callable[[], str]) -> Last:
    """What a course says in the end; of one that raises, how it came to that."""
    state: Ending
    try:
        return await course
    except Paused:
        return await asyncio.to_thread(_paused, run)
    except asyncio.CancelledError:
        if wish() == "pause":
            return await asyncio.to_thread(_paused, run)
        state, message = "cancelled", f"stopped on request; {await _where_to_resume(run)}"
    except Cancelled as error:
        state, message = "cancelled", str(error)
    except (SpecError, PlanError) as error:  # the message says what to mend; going on would end the same way
        state, message = "failed", str(error)
    except RaylignError as error:
        state, message = "failed", f"{error}; {await _where_to_resume(run)}"
    except Exception as error:  # the last line of defence: whatever it is, the user is told and the report written
        print(redacted(traceback.format_exc()), file=sys.stderr)
        unforeseen = redacted(f"unexpected {type(error).__name__}: {error}")
        state, message = "failed", f"{unforeseen}; {await _where_to_resume(run)}"
    return ended(run, state, message)


def ended(run: RunDirectory, state: Ending, message: str) -> RunEnded:
    """The end of what is in this directory."""
    model = str(run.model_path) if run.model_path.exists() else None
    return RunEnded(state=state, message=message, model=model, report=str(run.report_path))


async def say_last(last: Last, emit: Emitter) -> str:
    """The end's state, or "paused", once it is said."""
    await asyncio.to_thread(emit, last)  # trackers have a minute for what they still hold
    return last.state if isinstance(last, RunEnded) else "paused"


async def _obey(work: "asyncio.Future[Last]", wish: Callable[[], str], pause: Pause) -> None:
    """Cancel at once; pause where the loop stands, or at once where it has not begun or is through."""
    while (wanted := wish()) == "run" or (wanted == "pause" and pause.ask()):
        await asyncio.sleep(WISH_POLL_S)
    work.cancel()


def _paused(run: RunDirectory) -> RunPaused:
    found = kept_of(run).latest()
    if found is None:
        return RunPaused(step=0, message="before the first checkpoint: it will begin anew")
    path, progress = found
    return RunPaused(step=progress.next_step, message=f"it goes on from {path}")


async def _attempts(
    job: Job,
    run: RunDirectory,
    job_id: str,
    emit: Emitter,
    dashboard: str,
    pause: Pause,
    confinement: Confinement | None,
) -> Last:
    """Build the fleet and train; again, from the last checkpoint, when a worker that cannot be replaced is lost."""
    if confinement is not None:  # what is there now counts, not what was at submit
        await asyncio.to_thread(confinement.require, job)
    for left in reversed(range(MAX_ATTEMPTS)):
        try:
            await _attempt(job, run, job_id, emit, dashboard, pause)
            break
        except WorkerLost as lost:
            if not left:
                raise
            emit(Warned(message=f"{lost} Starting again, {await _where_to_resume(run)}"))
    return ended(run, "succeeded", job.extent)


async def _attempt(job: Job, run: RunDirectory, job_id: str, emit: Emitter, dashboard: str, pause: Pause) -> None:
    emit(Status(phase="planning", detail=job.name))
    checked = check_job(job, keep=True)
    plan = make_plan(job, describe(), checked=checked)
    emit(PlanMade(**plan.to_dict(), job_id=job_id, dashboard=dashboard, run_dir=str(run.path), stage=""))
    if plan.checkpoint_bytes is not None and job.checkpoint.store is None:
        run.require_space(CHECKPOINTS_FREE * plan.checkpoint_bytes)
    checkpoints = await asyncio.to_thread(checkpoints_of, job, run)
    async with RayFleet(job, plan, job_id=job_id, emit=emit) as fleet:
        workers, (world, encode) = await _together(fleet.start(), asyncio.to_thread(_read_world, job, checked.kept))
        await require_one_place(checkpoints.directory, workers.trainer)
        start = await resume(checkpoints, workers.trainer, emit)
        await asyncio.to_thread(emit.rewind, start.next_step)
        for warning in world.warnings:
            emit(Warned(message=warning))
        collector = Collector(workers, {task.name: task for task in job.tasks})
        means = Means(collector=collector, world=world, encode=encode, run=run, emit=emit)
        await take_course(job, means, checkpoints, start, pause)
    if address := await asyncio.to_thread(_keep_model, run, checkpoints):
        emit(Pushed(address=str(address)))
    await _push(job, run, emit)


def _read_world(job: Job, kept: Mapping[str, Kept]) -> tuple[World, Encode]:
    with without_torch():
        from actors.text.world import read_world  # a second of importing that the workers need not wait for

    return read_world(job, kept)


async def _together(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Both results; a failure of one ends the other and is raised at once."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(first), group.create_task(second)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return tasks[0].result(), tasks[1].result()


def _keep_model(run: RunDirectory, checkpoints: AnyCheckpoints) -> Remote | None:
    """Put the last checkpoint's policy where people look for it. Where that is too, if it is in a store."""
    if isinstance(checkpoints, StoredCheckpoints):
        return checkpoints.keep_model(run)
    found = checkpoints.latest()
    assert found is not None  # the last step always makes one
    run.keep_model(found[0] / "policy")
    return None


async def _push(job: Job, run: RunDirectory, emit: Emitter) -> None:
    """A result that does not get there is no reason to call the run failed: it is in the run directory."""
    wanted = job.output
    if wanted.push_to is None:
        return
    emit(Status(phase="pushing", detail=wanted.push_to))
    folder = run.adapter_path if wanted.adapter else run.model_path
    try:
        async with asyncio.timeout(job.deadlines.push_s):
            address = await detached(push, folder, wanted.push_to, private=wanted.private)
    except RunError as error:
        emit(Warned(message=str(error)))
    except TimeoutError:
        emit(Warned(message=f"the model was not pushed to {wanted.push_to!r} within {job.deadlines.push_s:g} s"))
    else:
        emit(Pushed(address=address))


async def _where_to_resume(run: RunDirectory) -> str:
    if run.store_path.exists():  # it is not asked: that it does not answer may be why the run ends
        return f"`raylign run --resume {run.path}` goes on from the last checkpoint in {kept_of(run).directory}"
    found = await asyncio.to_thread(kept_of(run).latest)
    if found is None and run.stages_path.exists():
        return f"`raylign run --resume {run.path}` goes on with the stage that is open"
    if found is None:
        return "there is no checkpoint yet: start it again"
    return f"the last good checkpoint is {found[0]}: `raylign run --resume {run.path}` goes on from there"
