"""A recipe's run directory: its stages are run directories of their own, and what one makes is where the next looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raylign.record.events import Event
from raylign.record.rundir import RunDirectory
from raylign.spec.job import Job
from raylign.spec.load import parse_job
from raylign.spec.places import replaced
from raylign.spec.recipe import Work, stage_of


def stage_path(run: RunDirectory, stage: str) -> Path:
    """Where a stage of a recipe is written."""
    return run.stages_path / stage


@contextmanager
def stage_opened(run: RunDirectory, job: Job) -> Iterator[tuple[Job, RunDirectory]]:
    """The stage as the job it is, and its directory, locked: made, where it has not begun; else as it was left.

    Raises as `RunDirectory` does.
    """
    path = stage_path(run, job.name)
    if not RunDirectory(path).job_path.exists():
        RunDirectory.create(path, settled(job, run).model_dump(mode="json")).close()
    with RunDirectory.open(path) as opened:
        (found,) = parse_job(opened.job(), source=str(opened.job_path)).jobs
        yield found, opened


def settled(job: Job, run: RunDirectory) -> Job:
    """A recipe's job, with the directories of models in place of the stages that make them."""

    def place(key: str, value: str) -> str:
        stage = stage_of(value)
        return value if stage is None else str(RunDirectory(stage_path(run, stage)).model_path)

    return replaced(job, place)


def finished(work: Work, run: RunDirectory) -> Event | None:
    """The end event of a run that has nothing more to do; of a recipe, in none of its stages."""
    if not work.stages:
        return run.finished(work.jobs[0].steps)
    stages = [(job, RunDirectory(stage_path(run, job.name))) for job in work.stages]
    return run.succeeded() if all(stage.finished(job.steps) for job, stage in stages) else None
