"""The sets of prompts: what is asked, who judges the answers, how long they may be. No prompt is both learned and held
out."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.real import ifeval, topics

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Prompts to learn from and to measure on."""

    name: str
    learned: Callable[[], Iterable[Row]]
    held_out: Callable[[], Iterable[Row]]
    judges: tuple[Row, ...]
    max_tokens: int
    steps: int

    def write(self, directory: Path) -> tuple[Path, Path]:
        """The two files, learned and held out."""
        files = directory / "learned.jsonl", directory / "held-out.jsonl"
        for file, rows in zip(files, (self.learned(), self.held_out()), strict=True):
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return files


INSTRUCTIONS = {"type": "instructions"}
LENGTH = {"type": "length", "minimum": 12, "maximum": 40}
NO_REFRAIN = {
    "type": "regex",
    "name": "no refrain",
    "pattern": r"(?is)\b(\w+(?:\W+\w+){2})\b.*\b\1\b",
    "must": "not_match",
}
"""No three words in a row stand there twice: a policy that must be long and plain learns to repeat itself."""

SETS = {
    one.name: one
    for one in (
        PromptSet(
            name="describe",
            learned=lambda: topics.rows(topics.named(topics.LEARNED)),
            held_out=lambda: topics.rows(topics.named(topics.HELD_OUT)),
            judges=({**INSTRUCTIONS, "name": "no comma and topic"}, LENGTH, NO_REFRAIN),
            max_tokens=56,
            steps=24,
        ),
        PromptSet(
            name="ifeval",
            learned=lambda: ifeval.rows(held_out=False),
            held_out=lambda: ifeval.rows(held_out=True),
            judges=(INSTRUCTIONS,),
            max_tokens=96,
            steps=32,
        ),
    )
}
