"""How judges do on canaries: their agreement with what is known, step by step, and an alarm where it falls."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from raylign.judges.judge import Judge
from raylign.loop.prepare import TaskBatch
from raylign.record.events import Emit
from raylign.record.events.payloads import Warned
from raylign.record.events.tasks import CanaryFigures
from raylign.types import Group, Sighting

LAST = 50
"""Canaries that an alarm looks back on."""
ENOUGH = 20
"""Before it says anything: of fewer, a few errors are chance."""


def agreement(groups: Iterable[Group]) -> dict[str, CanaryFigures]:
    """By judge, of those that were asked about canaries."""
    by_judge: dict[str, list[Sighting]] = {}
    for group in groups:
        for seen in group.sightings:
            by_judge.setdefault(seen.judge, []).append(seen)
    return {
        judge: CanaryFigures(asked=len(seen), agreement=_right(seen) / len(seen))
        for judge, seen in sorted(by_judge.items())
    }


class Alarm:
    """A `Warned` whenever a judge's agreement falls under its bound; the next one only after it was above."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._last: dict[tuple[str, str], deque[Sighting]] = {}
        self._low: set[tuple[str, str]] = set()

    def look(self, batches: Sequence[TaskBatch]) -> None:
        """Take in a step."""
        for batch in batches:
            fresh = [seen for group in batch.groups for seen in group.sightings]
            for judge in batch.task.judges:
                if mine := [seen for seen in fresh if seen.judge == judge.label]:
                    self._look(batch.task.name, judge, mine)

    def _look(self, task: str, judge: Judge, fresh: Sequence[Sighting]) -> None:
        key = task, judge.label
        last = self._last.setdefault(key, deque(maxlen=LAST))
        last.extend(fresh)
        assert judge.canaries is not None  # or it had not been asked about any
        bound = judge.canaries.min_agreement
        if len(last) < ENOUGH:
            return
        if _right(last) / len(last) >= bound:
            self._low.discard(key)
        elif key not in self._low:
            self._low.add(key)
            self._emit(Warned(message=_message(task, judge, last, bound)))


def _message(task: str, judge: Judge, last: Sequence[Sighting], bound: float) -> str:
    wrong = Counter(
        f"abstained ({seen.reason})"
        if seen.word is None
        else "satisfied what is violated"
        if seen.word
        else "violated what is satisfied"
        for seen in last
        if seen.word is not seen.gold
    )
    errors = ", ".join(f"{error} {count}" for error, count in wrong.most_common(3))
    return (
        f"task {task!r}: judge {judge.label!r} is right about {_right(last) / len(last):.0%} of its last {len(last)} "
        f"canaries, at least {bound:.0%} are asked of it ({errors}): what it says of the policy is no more to be "
        "trusted; look at the judge, or at its canaries"
    )


def _right(seen: Iterable[Sighting]) -> int:
    return sum(one.word is one.gold for one in seen)
