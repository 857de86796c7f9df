"""What ails a run, said once each: nobody should need to watch a table to learn that half of all responses were cut."""

from collections import Counter
from collections.abc import Sequence

from raylign.errors import NothingToTrain
from raylign.loop.prepare import TaskBatch
from raylign.record.events import Emit
from raylign.record.events.payloads import Warned
from raylign.spec.task import Task
from raylign.types import Group, Sample, StepStats

ENOUGH = 64
"""Responses of a task before anything is said of it: of fewer, a tenth is chance."""
MUCH = 0.1
"""Share of responses beyond which a loss of them is worth a word."""

RIGHT = "set the rows of its file right; longer responses need a higher `max_tokens`"
"""What to do about a file's responses."""


class Ailments:
    """Counts over a run's steps; a `Warned` for what stands out."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._seen = Counter[str]()
        self._ills: dict[str, Counter[str]] = {}
        self._said: dict[tuple[str, str], Counter[bool]] = {}
        self._drawn = Counter[str]()
        self._idle = Counter[str]()
        self._why: dict[str, Counter[str]] = {}
        self._told: set[tuple[str, str]] = set()

    def look(self, batches: Sequence[TaskBatch], stats: StepStats | None = None) -> None:
        """Take in a step. ``stats``: what the trainer said of it; None where it had nothing to train on."""
        for batch in batches:
            task = batch.task.name
            samples = [sample for group in batch.groups for sample in group.samples]
            self._seen[task] += len(samples)
            ills = self._ills.setdefault(task, Counter())
            for sample in samples:
                ills.update(_ills(sample, batch.task))
                for verdict in sample.verdicts:
                    if verdict.word is not None:
                        self._said.setdefault((task, verdict.judge), Counter())[verdict.word] += 1
            if self._seen[task] >= ENOUGH:
                self._warn_of_losses(task, ills)
            self._warn_of_idle_prompts(batch)
            measured = stats.metrics_by_task.get(task, {}) if stats else {}
            if ill := batch.task.method.ailing(measured):
                self._tell(task, ill, f"task {task!r}: {ill}")
        self._warn_of_one_word()

    def _warn_of_losses(self, task: str, ills: Counter[str]) -> None:
        for ill, count in ills.items():
            share = count / self._seen[task]
            if share > MUCH:
                self._tell(task, ill, f"task {task!r}: {share:.0%} of {self._seen[task]} responses {ill}")

    def _warn_of_idle_prompts(self, batch: TaskBatch) -> None:
        """Of prompts whose responses were all passed over: a step costs them, and learns nothing from them."""
        task = batch.task.name
        used = {term.group.prompt.id for term in batch.chosen.terms}
        idle = sum(group.prompt.id not in used for group in batch.groups)
        self._drawn[task] += len(batch.groups)
        self._idle[task] += idle
        why = self._why.setdefault(task, Counter())
        why.update(batch.skips if idle else {})
        share = self._idle[task] / self._drawn[task]
        if self._drawn[task] >= ENOUGH and share > MUCH:
            reasons = ", ".join(f"{reason} {count}" for reason, count in why.most_common(3))
            sampled = any(one.completion.version is not None for group in batch.groups for one in group.samples)
            advice = (
                "raise `samples_per_prompt`, or give prompts nearer to what the policy can do" if sampled else RIGHT
            )
            self._tell(
                task,
                "idle",
                f"task {task!r}: {share:.0%} of {self._drawn[task]} prompts gave method {batch.task.method.type!r} "
                f"nothing to train on ({reasons}): {advice}",
            )

    def _warn_of_one_word(self) -> None:
        """Looked at once, when a judge has said enough: one that agrees with all later on may have been learned."""
        for (task, judge), words in self._said.items():
            if words.total() < ENOUGH or (task, judge) in self._told:
                continue
            if len(words) == 1:
                (word,) = words
                what = "satisfied: it constrains nothing" if word else "violated: there is nothing to learn from it"
                self._tell(task, judge, f"task {task!r}: judge {judge!r} calls all {words.total()} responses {what}")
            self._told.add((task, judge))

    def _tell(self, task: str, what: str, message: str) -> None:
        if (task, what) not in self._told:
            self._told.add((task, what))
            self._emit(Warned(message=message))


def require_verdicts(task: Task, groups: Sequence[Group]) -> None:
    """Raise `NothingToTrain` where judges that constrain a task abstained on every response of the starting policy."""
    samples = [group.samples[0] for group in groups]
    if not (samples and task.judges and task.enforce_judges) or any(map(_decided, samples)):
        return
    reasons = Counter(
        f"{verdict.judge}: {verdict.reason}"
        for sample in samples
        for verdict in sample.verdicts
        if verdict.word is None
    )
    counted = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(5))
    raise NothingToTrain(
        f"the judges of task {task.name!r} abstained on all {len(samples)} responses before step 0 ({counted}): no "
        "step could train on one. Mend the judge or the metadata that it needs, or leave it out"
    )


def require_examples(batches: Sequence[TaskBatch], *, empty: int, limit: int) -> None:
    """Raise `NothingToTrain` where the last ``empty`` steps, of which ``batches`` are the newest, reach ``limit``."""
    if empty < limit:
        return
    reasons = "; ".join(
        f"{batch.task.name}: "
        + (", ".join(f"{reason} {count}" for reason, count in batch.skips.items()) or "no samples")
        for batch in batches
    )
    raise NothingToTrain(
        f"{empty} steps in a row had no sample to learn from ({reasons}). Check the judges against the starting policy "
        "(`evaluation` before step 0), or raise `samples_per_prompt` or `max_empty_steps`"
    )


def _decided(sample: Sample) -> bool:
    """Whether its verdict is more than abstentions, whatever these count as."""
    if any(verdict.word is False for verdict in sample.verdicts):
        return True
    return sample.satisfied is not None and not any(verdict.charged for verdict in sample.verdicts)


def _ills(sample: Sample, task: Task) -> list[str]:
    """Why a response is lost or not whole, in words that end a sentence."""
    found = []
    if sample.completion.finish == "length":
        found.append("were cut at `max_tokens`: raise it, or judge length")
    if task.judges and sample.satisfied is None:
        found.append("got no verdict, for a judge abstained: see the skips by reason in the report")
    if sample.reward_problem:
        found.append(f"got no reward ({sample.reward_problem})")
    return found
