"""Check a job: everything about it that can be known without a cluster and without loading a model."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from raylign.errors import SpecError
from raylign.judges.endpoints import registry
from raylign.plan.cluster import local_node
from raylign.plan.model_files import ModelInfo, check_same_vocabulary, find_model
from raylign.plan.survey import Survey, check_prompts
from raylign.sources.canaries import read_canaries
from raylign.sources.inventory import Kept
from raylign.spec.job import Job
from raylign.spec.task import Task
from raylign.spec.uses import Kind, questions, uses

WRONG_ENDINGS: dict[Kind, tuple[str, ...]] = {
    "writes": ("ForSequenceClassification", "ForTokenClassification", "ForRewardModel"),
    "rates": ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration"),
    "carries": (),
}
"""Ends of architectures' names that are surely of the other kind; others are left to loading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A job in which nothing is wrong, and what is still worth saying of it."""

    models: Mapping[str, ModelInfo | None]
    """By the name the job gives them; None for hub ids that this machine's cache does not hold."""
    surveys: Mapping[str, Survey]
    """The training prompts of each task."""
    kept: Mapping[str, Kept]
    """The rows of each task, where they are kept."""
    understood: tuple[str, ...]
    """What the files were taken for, where their rows are not raylign's own, and what is held out."""
    warnings: tuple[str, ...]
    """Sentences: what works, and is hardly meant."""
    notes: tuple[str, ...]
    """What was not looked at."""

    @property
    def prompts(self) -> dict[str, int]:
        """Training prompts by task."""
        return {task: survey.prompts for task, survey in self.surveys.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what ``raylign check --json`` prints."""
        return {
            "prompts": self.prompts,
            "understood": list(self.understood),
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }


def check_job(job: Job, *, keep: bool = False, inspect: Callable[[str], ModelInfo | None] = find_model) -> Checked:
    """Look at the job's models, templates and prompts files, from first to last line. Raises `SpecError`.

    ``keep``: the rows, for a run that is to begin. ``inspect``: as `check_models` has it.
    """
    infos = check_models(job, inspect=inspect)
    check_judges(job)
    warnings = [
        *context_warnings(job, infos[job.policy.model]),
        *_device_warnings(job),
        *_question_warnings(job, infos),
    ]
    surveys, kept = dict[str, Survey](), {task.name: Kept() for task in job.tasks if keep}
    for task in job.tasks:
        surveys[task.name], said = check_prompts(
            task, read_answers=job.evaluation.needs_answers, onto=kept.get(task.name)
        )
        warnings += [*said, *_reward_warnings(job, task, surveys[task.name], infos)]
        check_canaries(task)
    notes = [f"not checked: hub id {model!r}" for model, info in infos.items() if info is None]
    notes += [f"not checked: endpoint {name!r}" for name in unregistered(job)]
    return Checked(
        models=infos,
        surveys=surveys,
        kept=kept,
        understood=tuple(_understood(job, surveys)),
        warnings=tuple(warnings),
        notes=tuple(notes),
    )


def _understood(job: Job, surveys: Mapping[str, Survey]) -> Iterator[str]:
    for task in job.tasks:
        if said := surveys[task.name].understood:
            yield f"prompts of task {task.name!r}: {said}"
        if task.eval_prompts is None and task.holdout and job.evaluation.happens:
            yield f"task {task.name!r} is measured on {task.holdout:.0%} of its prompts, which are held out of training"


def check_models(job: Job, *, inspect: Callable[[str], ModelInfo | None] = find_model) -> dict[str, ModelInfo | None]:
    """Every model of the job, None for those that ``inspect`` leaves to who loads them: hub ids not in the cache.

    Raises `SpecError` where a directory is wrong, a model of a kind that cannot do what it is named for, or policy and
    reference cannot be compared.
    """
    infos: dict[str, ModelInfo | None] = {}
    for use in uses(job):
        if use.model not in infos:
            infos[use.model] = inspect(use.model)
        info = infos[use.model]
        if info is not None and info.architecture.endswith(WRONG_ENDINGS[use.kind]):
            raise SpecError(f"{use.whose}, {use.model!r}, is a {info.architecture}, which {_SHORTCOMINGS[use.kind]}")
    if job.other_reference:
        _check_reference(infos[job.policy.model], infos[job.other_reference])
    return infos


_SHORTCOMINGS: dict[Kind, str] = {
    "writes": "gives no next token: name a causal language model (...ForCausalLM)",
    "rates": "gives no reward: name a model with one output for a text (...ForSequenceClassification)",
}


def _check_reference(policy: ModelInfo | None, reference: ModelInfo | None) -> None:
    if policy is None or reference is None:
        return
    check_same_vocabulary(policy, reference)
    if policy.architecture != reference.architecture or policy.parameters != reference.parameters:
        raise SpecError(
            f"the policy is a {policy.architecture} with {policy.parameters} parameters, its reference a "
            f"{reference.architecture} with {reference.parameters}: baseline responses are sampled by putting the "
            "reference's weights into the rollout engine, so both must have one architecture"
        )


def check_judges(job: Job) -> None:
    """Raise `SpecError` where a judge, reward or annotator cannot work as the job has it: its template is none, or uses
    what it is not given; its schema is none, its program does not compile."""
    for task in job.tasks:
        for judge in task.judges:
            judge.check(whose=f"judge {judge.label!r} of task {task.name!r}")
        for part in task.reward_parts:
            part.check(whose=f"reward {part.label!r} of task {task.name!r}")
        for question in task.method.asks():
            question.check(whose=f"the annotator of task {task.name!r}")


def unregistered(job: Job) -> list[str]:
    """Endpoints of the job that cannot be looked for, because this machine knows of none.

    Raises `SpecError` for one that is not among those it knows of, `RunError` where their file is wrong.
    """
    named = [one.endpoint for one in job.endpoints()]
    known = registry.registered() if named else {}
    for name in named:
        if known and name not in known:
            hint = f"; known are {', '.join(sorted(known))}"
            raise SpecError(f"endpoint {name!r} is none that the operator registered{hint}")
    return [] if known else named


def _question_warnings(job: Job, infos: Mapping[str, ModelInfo | None]) -> Iterator[str]:
    """Of questions put otherwise than their model was trained to read them."""
    for task in job.tasks:
        for whose, question in questions(task):
            for info in map(infos.get, question.asker.models):
                if info is not None and (said := question.remark(templated=info.has_chat_template)):
                    yield f"{whose} {said}"


def check_canaries(task: Task, *, until: float | None = None) -> None:
    """Raise `SpecError` where a judge's canaries are not labeled rows of it. ``until``: as `survey_prompts` has it."""
    for _ in chain.from_iterable(read_canaries(task, judge) for judge in task.judges):
        if until is not None and time.monotonic() > until:
            break


def context_warnings(job: Job, policy: ModelInfo | None) -> Iterator[str]:
    """Raises `SpecError` where a task's longest response leaves a prompt no room."""
    own, asked = policy.max_position if policy else None, job.rollout.context_tokens
    context = min((tokens for tokens in (own, asked) if tokens is not None), default=None)
    for task in job.tasks:
        longest = job.longest_response(task)
        if context is not None and longest >= context:
            holder = "`rollout.context_tokens`" if context == asked else f"the policy {job.policy.model!r}"
            raise SpecError(
                f"task {task.name!r} may answer with {longest} tokens, and the context, by {holder}, has {context}: "
                "that leaves no room for a prompt; lower `max_tokens`"
            )
    if own is not None and asked is not None and asked > own:
        yield (
            f"`rollout.context_tokens` is {asked}, and the policy {job.policy.model!r} has {own} positions: prompt and "
            f"response together have at most {own} tokens"
        )


def _reward_warnings(job: Job, task: Task, survey: Survey, infos: Mapping[str, ModelInfo | None]) -> Iterator[str]:
    """Of responses that the reward model could not read; the run tells it to the token."""
    prompt, answer = survey.longest_tokens, job.longest_response(task)
    for head in (head for part in task.reward_parts for head in part.heads()):
        info = infos[head.model]
        if info is not None and info.max_position is not None and prompt + answer > info.max_position:
            yield (
                f"the reward model of task {task.name!r} reads {info.max_position} tokens, and a prompt of about "
                f"{prompt} with a response of up to {answer} may have more: those have no reward (`too long`); lower "
                "`max_tokens`, or name a reward model with a longer context"
            )


def _device_warnings(job: Job) -> Iterator[str]:
    if job.resources.device == "cuda" and not local_node().gpus:
        yield "`resources.device` is 'cuda', and this machine has no NVIDIA GPU: the job needs a cluster that has some"
