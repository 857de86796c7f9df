"""A short look at a job by a service: what `check` says, as far as it can be known here and soon.

A path that is not seen here may be there for the workers, and the rest of a long file, a directory, or a format that
takes a library is theirs to read: nothing is said of those. What is seen is refused in the same words.
"""

import os
import time
from pathlib import Path

from raylign.plan.check import Checked, check_canaries, check_judges, check_models, context_warnings, unregistered
from raylign.plan.model_files import ModelInfo, inspect_model
from raylign.plan.stages import Inspect, inspectors, naming
from raylign.plan.survey import UNSEEN, missing_metadata, require_asked, survey_prompts
from raylign.sources.formats import is_text
from raylign.spec.job import Job
from raylign.spec.recipe import Work

LOOK_S = 0.5
"""For all prompts files of a job: 80,000 short prompts."""


def glance(work: Work, *, seconds: float = LOOK_S) -> tuple[Checked, ...]:
    """Raise `SpecError` for what is wrong with the job by its templates and the files that are seen here.

    What it finds, of each of its jobs, is enough to plan by; its notes say what was not looked at.
    """
    found = []
    for job, inspect in inspectors(work, _inspect):
        with naming(work, job):
            found.append(_glance(job, inspect, seconds / len(work.jobs)))
    return tuple(found)


def _glance(job: Job, inspect: Inspect, seconds: float) -> Checked:
    check_judges(job)
    notes = [f"not checked: endpoint {name!r}" for name in unregistered(job)]
    infos = check_models(job, inspect=inspect)
    notes += [f"not seen here: model {model!r}" for model, info in infos.items() if info is None]
    until = time.monotonic() + seconds
    warnings = list(context_warnings(job, infos[job.policy.model]))
    surveys = dict.fromkeys((task.name for task in job.tasks), UNSEEN)
    for task in job.tasks:
        for prompts in (task.prompts, task.eval_prompts):
            if prompts is None:
                continue
            if not (_seen(prompts.path) and is_text(Path(prompts.path))):
                notes.append(f"not seen here: the prompts of task {task.name!r}, {prompts.path!r}")
                continue
            trained = prompts is task.prompts
            need_baseline = task.baseline_source == "data" if trained else job.evaluation.needs_answers
            judges = task.judges if task.heard_on_prompts or not trained else ()
            survey = survey_prompts(prompts, judges, need_baseline=need_baseline, until=until)
            if trained:
                surveys[task.name] = survey
            if survey.whole and trained:
                require_asked(task, survey)
            if survey.whole:
                warnings += missing_metadata(task, prompts, survey)
            else:
                notes.append(f"of {prompts.path!r} the first {survey.prompts:,} prompts were looked at")
        if all(_seen(judge.canaries.path) for judge in task.judges if judge.canaries):
            check_canaries(task, until=until)
    return Checked(models=infos, surveys=surveys, kept={}, understood=(), warnings=tuple(warnings), notes=tuple(notes))


def _inspect(model: str) -> ModelInfo | None:
    return inspect_model(model) if _seen(model) else None


def _seen(path: str) -> bool:
    """A relative path is another one to each who reads it."""
    return os.path.isabs(path) and os.access(path, os.R_OK)
