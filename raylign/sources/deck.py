"""A task's prompts, drawn from one by one: each is rendered and tokenised when it is drawn.

Before the first step only those are tokenised that may be too long.
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import overload

from raylign.errors import SpecError
from raylign.sources.holdout import sides
from raylign.sources.inventory import Inventory
from raylign.sources.render import Frame, Renderer
from raylign.spec.prompts import Prompts
from raylign.types import Prompt
from raylign.workers import Roles

LOOKED_AT = 32
"""Of the longest prompts, to tell how long the longest is in tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What is known of all prompts of a task without having them."""

    roles: Mapping[Roles, int]
    """How many have which roles."""
    longest: int
    """Tokens of the longest."""


class Deck(Sequence[Prompt]):
    """Implements a sequence of prompts; an id is its row's number in the file."""

    def __init__(self, stock: "Stock", places: "array[int]") -> None:
        self._stock = stock
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Prompt: ...
    @overload
    def __getitem__(self, place: slice) -> list[Prompt]: ...
    def __getitem__(self, place: int | slice) -> Prompt | list[Prompt]:
        if isinstance(place, slice):
            return [self._stock.prompt(one) for one in self._places[place]]
        return self._stock.prompt(self._places[place])


class Stock:
    """All prompts that a setting names, without those that are too long."""

    def __init__(self, prompts: Prompts, inventory: Inventory, renderer: Renderer) -> None:
        """``inventory``: the setting's rows. Raises `SpecError` for one that cannot be rendered, and for one that is
        too long where the setting says so."""
        self.dropped = 0
        """Prompts that were too long."""
        self._renderer = renderer
        self._inventory = inventory
        self._numbers = array("Q")
        self._roles: Counter[Roles] = Counter()
        self._longest: list[tuple[int, int]] = []
        frames: dict[int, Frame] = {}
        for number, (make, size) in enumerate(zip(inventory.makes, inventory.sizes, strict=True)):
            if make not in frames:
                frames[make] = renderer.frame(number, inventory.rows[number])
            frame = frames[make]
            tokens = frame.tokens_at_most(size)
            if tokens > renderer.limit and self._leaves_out(prompts, number):
                self.dropped += 1
                continue
            if len(self._longest) < LOOKED_AT:
                heappush(self._longest, (tokens, len(self)))
            elif tokens > self._longest[0][0]:
                heappushpop(self._longest, (tokens, len(self)))
            self._roles[frame.roles] += 1
            self._numbers.append(number)
        if not self._numbers:
            raise SpecError(
                f"task {renderer.task!r}: all {self.dropped} prompts of {prompts.path!r} have more than "
                f"{renderer.limit} tokens, which leaves no room for an answer: lower `max_tokens`, or raise "
                "`rollout.context_tokens`"
            )

    def __len__(self) -> int:
        return len(self._numbers)

    def prompt(self, place: int) -> Prompt:
        number = self._numbers[place]
        return self._renderer.prompt(number, self._inventory.rows[number])

    def deck(self) -> Deck:
        """Of all of them."""
        return Deck(self, array("Q", range(len(self))))

    def held_out(self, share: float, *, least: int) -> tuple[Deck, Deck]:
        """Those to train on and those held out, as `raylign.sources.holdout.sides` parts them."""
        lots = array("Q", map(self._inventory.lots.__getitem__, self._numbers))
        trained, held = sides(lots, share, least=least)
        return Deck(self, trained), Deck(self, held)

    def outline(self) -> Outline:
        longest = max(len(self.prompt(place).token_ids) for _, place in self._longest)
        return Outline(roles=self._roles, longest=longest)

    def _leaves_out(self, prompts: Prompts, number: int) -> bool:
        """A row whose prompt may be too long. Raises `SpecError` where it is, and that ends the run."""
        row = self._inventory.rows[number]
        if prompts.too_long == "drop":
            return self._renderer.is_too_long(number, row)
        self._renderer.prompt(number, row)  # or raises
        return False
