"""What was answered before, by what was asked: a question put twice in a run is answered once."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Generic, TypeVar

T = TypeVar("T")

ENTRIES = 65_536
"""Answers that are kept: those asked for last. A few tens of megabytes."""


class Heard(Generic[T]):
    """Answers by the whole of their questions. Why something was not answered (a text) is never kept."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries = entries
        self._answers: OrderedDict[bytes, T] = OrderedDict()

    def ask(self, questions: Sequence[Any], put: Callable[[list[int]], Sequence[T]]) -> list[T]:
        """An answer to each question, in their order. ``put`` answers those at the given positions, which are the first
        of each that is not known; a question is known by its ``repr``."""
        keys = [blake2b(repr(question).encode(), digest_size=16).digest() for question in questions]
        first = {key: at for at, key in reversed(list(enumerate(keys)))}
        missing = sorted(at for key, at in first.items() if key not in self._answers)
        found = dict(zip((keys[at] for at in missing), put(missing) if missing else (), strict=True))
        answers = [found[key] if key in found else self._answers[key] for key in keys]
        for key, answer in zip(keys, answers, strict=True):
            if not isinstance(answer, str):
                self._answers[key] = answer
                self._answers.move_to_end(key)
        while len(self._answers) > self._entries:
            self._answers.popitem(last=False)
        return answers
