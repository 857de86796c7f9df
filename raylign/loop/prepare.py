"""select and score: from a step's groups to the examples the trainer gets, each task by its own method.

Where a method compares what the present weights make of a whole step's responses, the trainer is asked for that before:
its gradient is then a sum over examples again, however they are packed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from raylign.clock import Clock
from raylign.loop.logprobs import policy_logprobs, reference_logprobs
from raylign.methods.selection import Chosen, Scores, Selection, Term
from raylign.rewards.overlong import Overlong
from raylign.spec.task import Task
from raylign.types import Completion, Example, Group, Key, Memory, Prompt, Sample
from raylign.types import Sequence as TokenSequence
from raylign.workers import Fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskBatch:
    """What one step made of one task."""

    task: Task
    groups: Sequence[Group]
    chosen: Chosen
    scores: Scores
    examples: Sequence[Example]
    skips: Counter[str]


async def prepare(
    tasks: Mapping[str, Task],
    groups: Sequence[Group],
    fleet: Fleet,
    clock: Clock,
    *,
    version: int,
    memories: Mapping[str, Memory],
) -> list[TaskBatch]:
    """Examples of every task, in the job's order of tasks. ``version``: of the weights about to be trained.
    ``memories``: by task, what its method knows of the steps before."""
    with clock.phase("select"):
        by_task = {name: [group for group in groups if group.prompt.task == name] for name in tasks}
        shown = {name: _shown(task, by_task[name]) for name, task in tasks.items()}
        selections = {name: task.method.select(shown[name][0]) for name, task in tasks.items()}
        wanted: dict[Key, tuple[Prompt, Completion]] = {}
        present: dict[Key, tuple[Prompt, Completion]] = {}
        for name, selection in selections.items():
            needs = tasks[name].method.needs
            if needs.present:
                present |= _asked(selection)
            if not needs.reference:
                continue
            # The policy's first sample of each prompt is always scored: chosen before any verdict, so its mean is an
            # honest KL.
            first = [
                (group, group.samples[:1]) for group in by_task[name] if group.samples[0].completion.version is not None
            ]
            wanted |= _asked(replace(selection, chosen=[*selection.chosen, *first]))
    with clock.phase("score"):
        scores = await reference_logprobs(fleet.reference, list(wanted.values()))
        policy = await policy_logprobs(fleet.trainer, list(present.values()))
    with clock.phase("select"):
        batches = []
        for name, task in tasks.items():
            chosen = task.method.weigh(replace(selections[name], memory=memories.get(name, {}), present=policy), scores)
            examples = _examples(task, chosen, scores, version)
            idle = Counter({"no gradient": len(chosen.terms) - len(examples)})
            batches.append(
                TaskBatch(
                    task=task,
                    groups=by_task[name],
                    chosen=chosen,
                    scores=scores,
                    examples=examples,
                    skips=shown[name][1] + selections[name].skips + chosen.skips + idle,
                )
            )
    return batches


def _asked(selection: Selection) -> dict[Key, tuple[Prompt, Completion]]:
    """Whose log-probs a method asks for: each response once."""
    chosen = [(group.prompt, sample.completion) for group, samples in selection.chosen for sample in samples]
    return {completion.key: (prompt, completion) for prompt, completion in [*chosen, *selection.beside]}


def _shown(task: Task, groups: Sequence[Group]) -> tuple[Sequence[Group], Counter[str]]:
    """The groups as the method is to see them, and what it does not."""
    judged = groups if task.enforce_judges else _unjudged(groups)
    return (judged, Counter()) if task.overlong is None else _admitted(task, task.overlong, judged)


def _admitted(task: Task, overlong: Overlong, groups: Sequence[Group]) -> tuple[list[Group], Counter[str]]:
    """Without responses that are not to be trained on, nor groups of which too few are left for the method."""
    fewest = 2 if task.method.needs.compares else 1
    left, skips = [], Counter[str]()
    for group in groups:
        admitted = tuple(sample for sample in group.samples if overlong.admits(sample.completion))
        skips["cut"] += len(group.samples) - len(admitted)
        if len(admitted) >= fewest:
            left.append(replace(group, samples=admitted))
        else:
            skips["others cut"] += len(admitted)
    return left, +skips


def _unjudged(groups: Sequence[Group]) -> list[Group]:
    """The groups as a method sees them where judges constrain nothing."""
    return [
        replace(
            group,
            samples=tuple(replace(sample, verdicts=()) for sample in group.samples),
            baseline=replace(group.baseline, verdicts=()) if group.baseline else None,
        )
        for group in groups
    ]


def _examples(task: Task, chosen: Chosen, scores: Scores, version: int) -> list[Example]:
    """Terms without a gradient count in the mean and go no further: a step of nothing else would be moved by momentum
    alone.
    """
    return [
        Example(
            task=task.name,
            sequences=tuple(
                _sequence(task, term, sample, scores, target)
                for sample, target in zip(term.samples, term.targets or [0.0] * len(term.samples), strict=True)
            ),
            coefficient=term.coefficient,
            weight=weight,
            staleness=_staleness(term, version),
        )
        for term, weight in zip(chosen.terms, _weights(task, chosen.terms), strict=True)
        if task.method.moves(term)
    ]


def _weights(task: Task, terms: Sequence[Term]) -> list[float]:
    """What makes of the terms' losses rho_l times the task's loss, when they are summed.

    Its mean over n_l terms: rho_l / n_l each. Its mean over the n_t tokens of all terms: rho_l / n_t where a term's
    loss is a sum over its tokens, and as many times more as it has tokens where it is their mean. By the limit of
    ``max_tokens``, n_l times that stands for n_t.
    """
    if task.per == "response":
        return [task.weight / len(terms) for _ in terms]
    lengths = [sum(len(sample.completion.token_ids) for sample in term.samples) for term in terms]
    tokens = len(terms) * task.max_tokens if task.per == "limit" and task.max_tokens else max(1, sum(lengths))
    averaged = task.method.objective.over_tokens == "mean"
    return [task.weight * (length if averaged else 1) / tokens for length in lengths]


def _staleness(term: Term, version: int) -> int | None:
    """That of its oldest sample; None where one is not the policy's own."""
    oldest = 0
    for sample in term.samples:
        age = sample.completion.staleness(version)
        if age is None:
            return None
        oldest = max(oldest, age)
    return oldest


def _sequence(task: Task, term: Term, sample: Sample, scores: Scores, target: float) -> TokenSequence:
    completion = sample.completion
    reference = scores[completion.key] if task.method.needs.reference else ()
    return TokenSequence(
        prompt_ids=term.group.prompt.token_ids,
        response_ids=completion.token_ids,
        behavior=reference if completion.version is None else completion.logprobs,
        reference=reference,
        barred=completion.barred,
        target=target,
        credit=term.credit,
    )
