"""What the tasks of the tiny world are made of: a question, and the ways in which it may be answered."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One synthetic response.

    Example: ``Answer(text="27 + 41 = 68. The answer is 68.", mode="right", quality=2.0)``
    """

    text: str
    mode: str
    """Name of the way it was written in, a key of the task's `Task.modes`."""
    quality: float
    """What an honest reader thinks of it, in nats of a Bradley-Terry comparison."""
    refusal: bool = False
    flattery: int = 0
    """Number of flattering phrases in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question of one task with what its judges need."""

    task: str
    question: str
    facts: Mapping[str, Any]
    """What the task's writers need to answer it."""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One way to answer."""

    share: float
    """How often the starting policy answers so."""
    write: Callable[[Item, Random], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A family of questions and the ways to answer them. Shares need not sum to one."""

    name: str
    draw: Callable[[Random], Item]
    modes: Mapping[str, Mode]
    golden: str | None = None
    """The mode that every judge is content with, written into the prompts file as ``baseline``."""


def answer(task: Task, item: Item, rng: Random) -> Answer:
    """One response, its mode drawn by the modes' shares."""
    modes = list(task.modes.values())
    return rng.choices(modes, [mode.share for mode in modes])[0].write(item, rng)


def held_out(question: str) -> bool:
    """Whether a question is kept from every training set: one in six, decided by the question alone."""
    return hashlib.sha256(question.encode()).digest()[0] % 6 == 0
