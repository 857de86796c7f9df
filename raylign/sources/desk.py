"""What somebody labels at: the next pair, a verdict on it, a verdict taken back. Of files; a gateway has its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from raylign.record.labels import Labels
from raylign.sources.labelling import Unlabelled, Verdict, meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A pair as a labeller sees it.

    Example:
        ``Shown(key="0a1b", turns=(("user", "Hi"),), left="Hello", right="Go away", done=3, pairs=40)``
    """

    key: str
    turns: tuple[tuple[str, str], ...]
    """Of the prompt: who says it, and what."""
    left: str
    right: str
    done: int
    """Pairs of which this labeller has said something."""
    pairs: int


class Desk(Protocol):
    """Of one labeller."""

    def next(self) -> Shown | None:
        """The first pair without this labeller's word; None where there is none left."""
        ...

    def say(self, key: str, verdict: Verdict) -> None:
        """It is kept from here on."""
        ...

    def unsay(self, key: str) -> None:
        """Take a verdict back: the pair is the next one."""
        ...


class FilesDesk:
    """A labeller's, at a preference file and a file of labels."""

    def __init__(self, pairs: Sequence[Unlabelled], labels: Labels, labeller: str, *, seed: int) -> None:
        self._pairs, self._labels, self._labeller, self._seed = pairs, labels, labeller, seed
        self._places = {pair.key: at for at, pair in enumerate(pairs)}
        self._done = sum(map(self._said, pairs))
        self._from = 0

    def next(self) -> Shown | None:
        """The first one of the file."""
        while self._from < len(self._pairs) and self._said(self._pairs[self._from]):
            self._from += 1
        if self._from == len(self._pairs):
            return None
        pair = self._pairs[self._from]
        left, right = pair.responses[::-1] if self._turned(pair) else pair.responses
        return Shown(
            key=pair.key, turns=turns(pair.asked), left=left, right=right, done=self._done, pairs=len(self._pairs)
        )

    def say(self, key: str, verdict: Verdict) -> None:
        """It is on disk from here on. Raises `RunError`."""
        pair = self._pairs[self._places[key]]
        self._labels.say(key, self._labeller, meant(verdict, turned=self._turned(pair)))
        self._done += 1

    def unsay(self, key: str) -> None:
        """Raises `RunError`."""
        self._labels.unsay(key, self._labeller)
        self._from, self._done = self._places[key], self._done - 1

    def _said(self, pair: Unlabelled) -> bool:
        return self._labeller in self._labels.words.get(pair.key, {})

    def _turned(self, pair: Unlabelled) -> bool:
        return pair.turned(self._labeller, seed=self._seed)


def turns(asked: Any) -> tuple[tuple[str, str], ...]:
    """Of ``messages`` or a ``prompt``."""
    if messages := asked.get("messages"):
        return tuple((turn["role"], turn["content"]) for turn in messages)
    return (("prompt", asked.get("prompt", "")),)
