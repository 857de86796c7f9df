"""Prompts files surveyed before any model is loaded: how many prompts, how long, and what judges will miss in them."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from raylign.errors import SpecError
from raylign.judges.judge import Judge, applying
from raylign.rewards.reward import Part
from raylign.sources.inventory import Inventory, Kept
from raylign.sources.rows import Rows
from raylign.spec.prompts import Prompts
from raylign.spec.task import Task

CHARACTERS_A_TOKEN = 4
"""About, in English, and no fewer than most vocabularies need elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one pass over a prompts file gathers."""

    prompts: int
    characters: int
    """Of all prompts together; of turns, as Python writes them."""
    longest: int
    """Characters of the longest."""
    asked: Mapping[str, int]
    """Prompts that each judge is asked about, by its label."""
    lacking: Mapping[str, int]
    """Those of them without the metadata it needs."""
    whole: bool
    """Whether all of the file was read."""
    silent: Mapping[str, int] = field(default_factory=dict)
    """Prompts whose responses a part of the reward, by its label, has no number for."""
    understood: str = ""
    """What the rows were taken for, where they are not raylign's own."""

    @property
    def tokens(self) -> int:
        """Of a prompt on average, about; 0 where none was read."""
        return ceil(self.characters / max(self.prompts, 1) / CHARACTERS_A_TOKEN)

    @property
    def longest_tokens(self) -> int:
        """Of the longest prompt, about."""
        return self.longest // CHARACTERS_A_TOKEN


UNSEEN = Survey(prompts=0, characters=0, longest=0, asked={}, lacking={}, whole=False)
"""Of a file that is not here to be read."""


def survey_prompts(
    prompts: Prompts,
    judges: Sequence[Judge],
    parts: Sequence[Part] = (),
    *,
    need_baseline: bool = False,
    system: str | None = None,
    onto: Inventory | None = None,
    until: float | None = None,
) -> Survey:
    """One pass over the file, which may have any length. Raises `SpecError` for a wrong row.

    ``parts``: of the reward. ``system``: what is put before each. ``onto``: where rows are kept, if anywhere.
    ``until``: by `time.monotonic`, when to leave it at what was read.
    """
    whole = True
    count = characters = longest = 0
    asked, lacking, silent = Counter[str](), Counter[str](), Counter[str]()
    labels = {id(judge): judge.label for judge in judges}
    speechless: dict[tuple[int, ...], list[str]] = {}
    """Labels of the parts that say nothing where those judges apply; few mixtures occur, in many rows."""
    before = len(system or "")
    rows = Rows(prompts, need_baseline=need_baseline)
    for _, row in rows:
        count += 1
        length = before + len(row["prompt"] if "prompt" in row else str(row["messages"]))
        characters += length
        if length > longest:
            longest = length
        metadata, baseline = row.get("metadata", {}), row.get("baseline")
        had = applying(judges, metadata)
        for judge in had:
            label = labels[id(judge)]
            asked[label] += 1
            if judge.lacks(metadata, baseline):
                lacking[label] += 1
        mixture = tuple(map(id, had))
        if mixture not in speechless:
            speechless[mixture] = [part.label for part in parts if part.silent(had)]
        for label in speechless[mixture]:
            silent[label] += 1
        if onto is not None:
            onto.append(row)
        if until is not None and time.monotonic() > until:
            whole = False
            break
    if onto is not None:
        onto.close()
    return Survey(
        prompts=count,
        characters=characters,
        longest=longest,
        asked=asked,
        lacking=lacking,
        whole=whole,
        silent=silent,
        understood=rows.understood,
    )


def check_prompts(task: Task, *, read_answers: bool = False, onto: Kept | None = None) -> tuple[Survey, list[str]]:
    """The task's training prompts surveyed, and what its judges will miss in them or in those of the evaluation.

    ``read_answers``: whether the evaluation reads the answers to its prompts. ``onto``: where rows are kept, if
    anywhere. Raises `SpecError` for a file that is wrong or too short, and for a judge that would never have anything
    to say.
    """
    need_baseline = task.baseline_source == "data"
    judges, parts = (task.judges, task.reward_parts) if task.heard_on_prompts else ((), ())
    survey = survey_prompts(
        task.prompts,
        judges,
        parts,
        need_baseline=need_baseline,
        system=task.system,
        onto=onto.prompts if onto else None,
    )
    require_asked(task, survey)
    warnings = [*missing_metadata(task, task.prompts, survey), *silent_rewards(task, survey)]
    if task.eval_prompts is not None:
        measured = survey_prompts(
            task.eval_prompts,
            task.judges,
            need_baseline=read_answers,
            onto=onto.eval_prompts if onto else None,
        )
        warnings += missing_metadata(task, task.eval_prompts, measured)
    return survey, warnings


def require_asked(task: Task, survey: Survey) -> None:
    """Raise `SpecError` where there are fewer prompts than a step takes, or a judge is asked about none of them."""
    if survey.prompts < task.prompts_per_step:
        raise SpecError(
            f"task {task.name!r} takes {task.prompts_per_step} prompts a step, {task.prompts.path!r} holds "
            f"{survey.prompts}: lower `prompts_per_step` or add prompts"
        )
    for judge in task.judges if task.heard_on_prompts else ():
        if not survey.asked.get(judge.label):
            raise SpecError(
                f"judge {judge.label!r} of task {task.name!r} is asked about no prompt: none in {task.prompts.path!r} "
                f"has {judge.applies_to}"
            )


def missing_metadata(task: Task, prompts: Prompts, survey: Survey) -> Iterator[str]:
    """Sentences on judges that will abstain for want of metadata. Raises `SpecError` for one that always will."""
    for judge in task.judges:
        asked, lacking = survey.asked.get(judge.label, 0), survey.lacking.get(judge.label, 0)
        whose = f"judge {judge.label!r} of task {task.name!r}"
        if lacking and lacking == asked:
            raise SpecError(
                f"{whose} reads {judge.reads}, which none of the {asked} prompts it is asked about in "
                f"{prompts.path!r} has: add it to the file, or leave the judge out"
            )
        if lacking:
            yield (
                f"{whose} will abstain on {lacking} of the {asked} prompts it is asked about in {prompts.path!r}: they "
                f"have no {judge.reads}; add it, or give the judge a `when`"
            )


def silent_rewards(task: Task, survey: Survey) -> Iterator[str]:
    """Sentences on prompts for whose responses there is no reward. Raises `SpecError` where that is all of them."""
    for label, count in survey.silent.items():
        whose = f"reward {label!r} of task {task.name!r} goes by judges of which none applies to"
        if count == survey.prompts:
            raise SpecError(f"{whose} any prompt in {task.prompts.path!r}: no response could be rewarded")
        yield (
            f"{whose} {count} of the {survey.prompts} prompts in {task.prompts.path!r}: their responses have no reward "
            "and are not trained on; give these prompts a judge, or leave them out"
        )
