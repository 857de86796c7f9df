"""A model measured on a file of prompts: who samples and who judges, and nobody who trains. No document names it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from raylign import bounds
from raylign.errors import SpecError
from raylign.methods.imitation import Imitation
from raylign.spec.actors import Actors
from raylign.spec.job import Job
from raylign.spec.task import Task


class MeasuredTask(Task):
    """Prompts, and who is heard on the responses, whatever kind of job they come from."""

    method: Imitation = Imitation()
    """Nobody trains: it is one that asks nobody for anything."""


class Measure(Job):
    """What `raylign eval` does with either model."""

    kind: Literal["measure"] = "measure"
    tasks: tuple[MeasuredTask, ...] = Field(min_length=1, max_length=1)

    @property
    def source(self) -> str:
        raise NotImplementedError("nothing is trained")

    @property
    def rolls_out(self) -> bool:
        return True

    def actors(self) -> Iterator[Actors]:
        models, gpus = (self.policy.model,), self.rollout.tensor_parallel
        yield Actors(role="rollout", count=self.rollout.workers, gpus=gpus, models=models)
        yield from self._who_judges()


def measure(job: Job, model: str, prompts: Path, *, task: str | None, greedy: bool, samples: int) -> Measure:
    """``model`` measured on ``prompts`` by the feedback of one of the job's tasks, its only one by default.

    The file calls things as the task's own files do.

    Raises `SpecError` where there is no such task, or several and none is named.
    """
    chosen = _task(job, task)
    document = job.model_dump(mode="json", exclude={"kind", "reference", "trackers"})
    named = {"path": str(prompts.absolute()), "columns": (chosen.eval_prompts or chosen.prompts).columns}
    kept = chosen.model_dump(mode="json", include=set(Task.model_fields) - {"method", "per"})
    wanted = {**kept, "prompts": named, "eval_prompts": None}
    most = min(bounds.EVAL_PROMPTS, bounds.SAMPLES_PER_STEP // samples)
    return Measure.model_validate(
        {
            **document,
            "policy": {"model": model, "dtype": job.policy.dtype},
            "tasks": [{**wanted, "baseline": None, "prompts_per_step": 1, "holdout": 0}],
            "trainer": {"ranks": 1},
            "evaluation": {"prompts": most, "greedy": greedy, "samples": samples},
        }
    )


def _task(job: Job, name: str | None) -> Task:
    names = ", ".join(task.name for task in job.tasks)
    found = [task for task in job.tasks if name in (None, task.name)]
    if not found:
        raise SpecError(f"the run has no task {name!r}: name one of {names} by --task")
    if len(found) > 1:
        raise SpecError(
            f"the run has several tasks: name the one whose judges and reward shall measure, {names}, by --task"
        )
    return found[0]
