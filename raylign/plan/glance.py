"""A short look at a job by a service: what `check` says, as far as it can be known here and soon.

A path that is not seen here may be there for the workers, and the rest of a long file, a directory, or a format that
takes a library is theirs to read: nothing is said of those. What is seen is refused in the same words.
"""

import os
import time
from pathlib import Path

from raylign.plan.check import check_canaries, check_judges, check_models, context_warnings, unregistered
from raylign.plan.model_files import ModelInfo, inspect_model
from raylign.plan.survey import missing_metadata, require_asked, survey_prompts
from raylign.sources.formats import is_text
from raylign.spec.job import Job

LOOK_S = 0.5
"""For all prompts files of a job: 80,000 short prompts."""


def glance(job: Job, *, seconds: float = LOOK_S) -> None:
    """Raise `SpecError` for what is wrong with the job by its templates and the files that are seen here."""
    check_judges(job)
    unregistered(job)
    infos = check_models(job, inspect=_inspect)
    until = time.monotonic() + seconds
    list(context_warnings(job, infos[job.policy.model]))
    for task in job.tasks:
        for prompts in (task.prompts, task.eval_prompts):
            if prompts is None or not (_seen(prompts.path) and is_text(Path(prompts.path))):
                continue
            trained = prompts is task.prompts
            need_baseline = task.baseline_source == "data" if trained else job.evaluation.needs_answers
            judges = task.judges if task.heard_on_prompts or not trained else ()
            survey = survey_prompts(prompts, judges, need_baseline=need_baseline, until=until)
            if survey.whole and trained:
                require_asked(task, survey)
            if survey.whole:
                list(missing_metadata(task, prompts, survey))
        if all(_seen(judge.canaries.path) for judge in task.judges if judge.canaries):
            check_canaries(task, until=until)


def _inspect(model: str) -> ModelInfo | None:
    return inspect_model(model) if _seen(model) else None


def _seen(path: str) -> bool:
    """A relative path is another one to each who reads it."""
    return os.path.isabs(path) and os.access(path, os.R_OK)
