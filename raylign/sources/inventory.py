"""What a run keeps of its files' rows: each on disk, and in memory what is asked of all before a tokenizer is there.

So a file is read once: where the plan looks it through, its rows go on the shelf.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from raylign.sources.holdout import lot
from raylign.sources.render import size
from raylign.sources.rows import rows
from raylign.sources.shelf import Shelf
from raylign.spec.prompts import Prompts
from raylign.spec.task import Task
from raylign.workers import Roles


class Inventory:
    """Rows by their number, from 0. Memory: 32 bytes a row."""

    def __init__(self) -> None:
        self.rows = Shelf()
        self.sizes = array("Q")
        """As `raylign.sources.render.size` has them."""
        self.lots = array("Q")
        """As `raylign.sources.holdout.lot` draws them."""
        self.makes = array("Q")
        """Of each row, the place of its make in `made`."""
        self.made: list[Roles] = []
        """The roles of rows that are conversations, none for plain text: prompts of one make are framed alike."""
        self._places: dict[Roles, int] = {}

    def append(self, row: Mapping[str, Any]) -> None:
        """Raises `RunError` where the disk is full."""
        roles: Roles = () if "prompt" in row else tuple(turn["role"] for turn in row["messages"])
        if roles not in self._places:
            self._places[roles] = len(self.made)
            self.made.append(roles)
        self.rows.append(row)
        self.sizes.append(size(row))
        self.lots.append(lot(row))
        self.makes.append(self._places[roles])

    def close(self) -> None:
        """No more rows come. Raises `RunError` as `append` does."""
        self.rows.close()


@dataclass(frozen=True, slots=True)
class Kept:
    """Of one task."""

    prompts: Inventory = field(default_factory=Inventory)
    eval_prompts: Inventory = field(default_factory=Inventory)
    """Empty where the task names none."""


def read_rows(task: Task, *, read_answers: bool = False) -> Kept:
    """All rows of a task's files, read for nothing else. ``read_answers``: whether the evaluation reads its prompts'.

    Raises `SpecError` for a wrong one.
    """
    return Kept(
        prompts=shelved(task.prompts, need_baseline=task.baseline_source == "data"),
        eval_prompts=shelved(task.eval_prompts, need_baseline=read_answers) if task.eval_prompts else Inventory(),
    )


def shelved(prompts: Prompts, *, need_baseline: bool = False) -> Inventory:
    """All rows of a setting's files. Raises `SpecError` for a wrong one."""
    inventory = Inventory()
    for _, row in rows(prompts, need_baseline=need_baseline):
        inventory.append(row)
    inventory.close()
    return inventory
