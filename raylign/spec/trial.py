"""The judges that ``raylign judge`` tries: one that is written out or stands in a file, or those of a job's task."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.judges.judge import Judge
from raylign.spec.document import read_yaml
from raylign.spec.load import load_job, parse_judge, read_file
from raylign.spec.recipe import one_job
from raylign.spec.task import Task
from raylign.spec.telling import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Who is to be tried."""

    judges: tuple[Judge, ...]
    of_job: bool
    """Whether they are those of a job's task, however many."""


def load_trial(judge: str, *, task: str | None = None) -> Trial:
    """The judge that is written out, ``{type: math}``, or stands in the YAML or JSON file of that path.

    Of a job's file, the judges of ``task``, which may be left out where the job has one task.

    Raises `SpecError` when it is none of these.
    """
    try:
        document = read_yaml(os.fsencode(judge))  # a path need not be UTF-8
    except SpecError as error:
        raise SpecError(f"{shown(judge)} is not YAML: {error}") from None
    source, root = shown(judge), Path.cwd()
    if isinstance(document, str):
        document, source, root = read_file(Path(judge), "judge"), judge, Path(judge).resolve().parent
        if _is_job(document):
            return Trial(judges=_of_job(one_job(load_job(Path(judge)), source).tasks, task, source), of_job=True)
    if task is not None:
        raise SpecError(f"{source} is one judge: `--task` is for a job's file")
    return Trial(judges=(parse_judge(document, root=root, source=source),), of_job=False)


def _is_job(document: Any) -> bool:
    return isinstance(document, dict) and not {"tasks", "stages"}.isdisjoint(document)


def _of_job(tasks: tuple[Task, ...], name: str | None, source: str) -> tuple[Judge, ...]:
    names = ", ".join(task.name for task in tasks)
    if name is None and len(tasks) > 1:
        raise SpecError(f"{source} has {len(tasks)} tasks: say whose judges, `--task` with one of {names}")
    found = [task for task in tasks if name in (None, task.name)]
    if not found:
        raise SpecError(f"{source} has no task {shown(name)}: its tasks are {names}")
    if not found[0].judges:
        raise SpecError(f"task {found[0].name!r} of {source} has no judges to try")
    return found[0].judges
