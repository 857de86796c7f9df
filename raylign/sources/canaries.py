"""Canaries among a step's responses: which ride with which, and what judges said of them.

Everything about a canary is a function of the response that it rides with, so of (seed, step, task, prompt, index):
whatever arrives when, and wherever a run is resumed, the same canaries are asked about.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from raylign import bounds
from raylign.conversation import after_system
from raylign.errors import SpecError
from raylign.judges.judge import Judge
from raylign.judges.rows import labeled_rows
from raylign.sources.seeds import derive
from raylign.spec.task import Task
from raylign.types import Completion, Prompt, Request, Sighting
from raylign.verdicts import Verdict, hear

WHOLE = 1 << 63
"""Of `derive`'s numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A response whose verdict is known."""

    prompt: Prompt
    completion: Completion
    gold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """A canary as its judge sees it, beside a response of the policy. Nothing of it says that it is one."""

    judge: Judge
    prompt: Prompt
    completion: Completion
    gold: bool
    ahead: bool
    """Whether it stands before the response, or after it."""

    def sighted(self, said: Iterable[Verdict]) -> Sighting:
        """What its judge said of it."""
        (verdict,) = hear([self.judge.label], said)
        return Sighting(judge=self.judge.label, gold=self.gold, word=verdict.satisfied, reason=verdict.reason)


class Flock:
    """The canaries of all judges that have some.

    ``rows``: by task and judge. ``prompts``: how many each task has: a canary's prompt is named as one of them.
    """

    def __init__(
        self, tasks: Iterable[Task], rows: Mapping[tuple[str, str], Sequence[Canary]], prompts: Mapping[str, int]
    ) -> None:
        self._rates = {
            (task.name, judge.label): round(judge.canaries.rate * WHOLE)
            for task in tasks
            for judge in task.judges
            if judge.canaries
        }
        self._rows = rows
        self._prompts = prompts

    def riders(self, request: Request, judges: Iterable[Judge]) -> tuple[Rider, ...]:
        """Those that ride with the response to ``request``. ``judges``: whom its prompt has."""
        task = request.prompt.task
        return tuple(
            self._rider(request, judge)
            for judge in judges
            if derive(request.seed, "canary", judge.label) < self._rates.get((task, judge.label), 0)
        )

    def _rider(self, request: Request, judge: Judge) -> Rider:
        task, seed = request.prompt.task, derive(request.seed, "which canary", judge.label)
        rows = self._rows[task, judge.label]
        canary = rows[seed % len(rows)]
        prompt_id = f"{task}/{derive(seed, 'name') % self._prompts[task]}"
        return Rider(
            judge=judge,
            prompt=replace(canary.prompt, id=prompt_id),
            completion=replace(canary.completion, prompt_id=prompt_id, index=request.index),
            gold=canary.gold,
            ahead=derive(seed, "side") % 2 == 0,
        )


def read_canaries(
    task: Task, judge: Judge, encode: Callable[[str], Sequence[int]] = lambda text: ()
) -> Iterator[Canary]:
    """The rows of a judge's file, one at a time; none where it has no canaries. ``encode``: into the policy's tokens.

    Raises `SpecError` that names the line, where a row is not labeled, or no response that the judge is asked about.
    """
    if judge.canaries is None:
        return
    path, whose = Path(judge.canaries.path), f"judge {judge.label!r} of task {task.name!r}"
    rows = labeled_rows(path, "canaries file", task=task.name)
    count = 0
    for line, row in islice(rows, bounds.CANARIES + 1):
        place, count = f"{path}, line {line}", count + 1
        if count > bounds.CANARIES:
            raise SpecError(f"{path} holds more than {bounds.CANARIES} canaries: some hundreds tell as much")
        if row.gold is None:
            raise SpecError(f"{place}: a canary of {whose} needs `gold`, true or false: what the judge must say of it")
        if not judge.applies(row.prompt.metadata):
            raise SpecError(f"{place}: {whose} is never asked about such a row: its `when` is {judge.when}")
        completion = Completion(
            prompt_id=row.prompt.id,
            index=None,
            text=row.response,
            token_ids=tuple(encode(row.response)),
            logprobs=(),
            finish="stop",
            version=None,
        )
        messages = after_system(row.prompt.messages, task.system)
        yield Canary(prompt=replace(row.prompt, messages=messages), completion=completion, gold=row.gold)
    if not count:
        raise SpecError(f"{path} holds no canaries for {whose}: give it lines with `response` and `gold`")
