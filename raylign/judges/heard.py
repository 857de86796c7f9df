"""What was answered before, by what was asked: a question put twice in a run is answered once.

Of who may come to answer otherwise, for a while: what is kept for ever would hide it, from canaries above all.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Generic, TypeVar

T = TypeVar("T")

ENTRIES = 65_536
"""Answers that are kept: those asked for last. A few tens of megabytes."""


class Heard(Generic[T]):
    """Answers by the whole of their questions. Why something was not answered (a text) is never kept.

    ``seconds``: how long an answer counts. ``clock``: tells them.
    """

    def __init__(
        self, entries: int = ENTRIES, *, seconds: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._entries = entries
        self._seconds = seconds
        self._clock = clock
        self._answers: OrderedDict[bytes, tuple[T, float]] = OrderedDict()

    def ask(self, questions: Sequence[Any], put: Callable[[list[int]], Sequence[T]]) -> list[T]:
        """An answer to each question, in their order. ``put`` answers those at the given positions, which are the first
        of each that is not known; a question is known by its ``repr``."""
        keys = [blake2b(repr(question).encode(), digest_size=16).digest() for question in questions]
        first = {key: at for at, key in reversed(list(enumerate(keys)))}
        known = {key: answer for key in first if (answer := self._known(key)) is not None}
        missing = sorted(at for key, at in first.items() if key not in known)
        said, now = put(missing) if missing else (), self._clock()
        fresh = {keys[at]: (answer, now) for at, answer in zip(missing, said, strict=True)}
        both = {**known, **fresh}
        for key in keys:
            if not isinstance(both[key][0], str):
                self._answers[key] = both[key]
                self._answers.move_to_end(key)
        answers = [both[key][0] for key in keys]
        while len(self._answers) > self._entries:
            self._answers.popitem(last=False)
        return answers

    def _known(self, key: bytes) -> tuple[T, float] | None:
        """The answer, and when it was given; None where there is none that still counts."""
        kept = self._answers.get(key)
        return None if kept is None or self._clock() - kept[1] > self._seconds else kept
