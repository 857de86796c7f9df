"""A recipe's driver: its stages, one after another, each driven as the job that it is in a run directory of its own.

plan of every stage -> each in turn: finished it stays, open it goes on, new it begins -> the last one's model
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from actors.cluster.connection import describe
from actors.driver import Last, drive, ended, last_word, say_last
from actors.emitter import Emitter
from raylign.plan.confinement import Confinement
from raylign.plan.stages import check_work, plan_work
from raylign.record.events import Emit, Event
from raylign.record.events.payloads import RunEnded, RunPaused, StageBegun, Status, of_stage
from raylign.record.rundir import RunDirectory
from raylign.record.stages import stage_opened, stage_path
from raylign.spec.recipe import Work
from raylign.trackers.kinds import of_run
from raylign.trackers.tracking import Tracking


async def drive_work(
    work: Work,
    run: RunDirectory,
    *,
    job_id: str,
    emit: Emitter,
    wish: Callable[[], str],
    dashboard: str = "",
    confinement: Confinement | None = None,
) -> str:
    """As `actors.driver.drive`, of a job or a recipe."""
    driven = partial(drive, job_id=job_id, wish=wish, dashboard=dashboard)
    if not work.stages:
        return await driven(work.jobs[0], run, emit=emit, confinement=confinement)
    return await say_last(await last_word(_course(work, run, emit, confinement, driven), run, wish=wish), emit)


async def _course(
    recipe: Work, run: RunDirectory, emit: Emit, confinement: Confinement | None, driven: Callable[..., Awaitable[str]]
) -> Last:
    """What the recipe says in the end. Raises `SpecError` and `PlanError` where any stage cannot be."""
    emit(Status(phase="planning", detail=f"{recipe.extent} of {recipe.name}"))
    if confinement is not None:
        await asyncio.to_thread(confinement.require, recipe)
        confinement = replace(confinement, roots=(*confinement.roots, run.stages_path))
    plan_work(recipe, describe(), check_work(recipe))
    for number, job in enumerate(recipe.stages, 1):
        with stage_opened(run, job) as (settled, stage):
            if stage.finished(settled.steps):
                continue
            emit(StageBegun(recipe=recipe.name, stage=job.name, job=job.kind, number=number, stages=len(recipe.stages)))
            onward = Onward(job.name, emit)
            tracking = Tracking(of_run(job.trackers), stage.path, f"{recipe.name}-{job.name}")
            state = await driven(settled, stage, emit=Emitter(stage, onward, tracking, None), confinement=confinement)
        if state != "succeeded":
            return _of_whole(run, onward.last, f"stage {job.name!r}, {number} of {len(recipe.stages)}")
    last = RunDirectory(stage_path(run, recipe.stages[-1].name))
    await asyncio.to_thread(run.keep_model, last.model_path)
    return ended(run, "succeeded", recipe.extent)


def _of_whole(run: RunDirectory, last: Last | None, where: str) -> Last:
    """A recipe stops as its stage does."""
    match last:
        case RunPaused(step=step, message=message):
            return RunPaused(step=step, message=f"{where}: {message}")
        case RunEnded(state=state, message=message):
            return ended(run, state, f"{where}: {message}")
    raise AssertionError("a stage that is driven says how it ends")


class Onward:
    """Tells a recipe what a stage says, for its own events. The stage's end is not the recipe's."""

    def __init__(self, stage: str, emit: Emit) -> None:
        self.last: Last | None = None
        """How the stage ended, or that it is paused."""
        self._stage = stage
        self._emit = emit

    def show(self, event: Event) -> None:
        match event.said:
            case RunEnded() | RunPaused() as last:
                self.last = last
            case None:
                pass
            case said:
                self._emit(of_stage(said, self._stage))
