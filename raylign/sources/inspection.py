"""A data file inspected: what was understood of it, which rows cannot be used, how long its prompts are.

One pass; of the rows a few are kept, to be shown. The same words as those of the run, which reads the file as it does.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from raylign import bounds
from raylign.conversation import transcript
from raylign.errors import SpecError
from raylign.sources.formats.row import Row
from raylign.sources.holdout import WHOLE, below, lot
from raylign.sources.lengths import Lengths
from raylign.sources.render import Renderer
from raylign.sources.rows import Rows
from raylign.sources.shapes.shape import Parts
from raylign.spec.prompts import Prompts

REASONS = 20
"""That are told apart; rows that are wrong in yet other ways are counted together."""
OTHER = "other reasons"
LONGEST_SHOWN = 4000
"""Characters of a prompt that is shown."""


@dataclass(slots=True)
class Fault:
    """Rows that are wrong in one way."""

    first: str
    """Where the first of them stands."""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A prompt as the policy would read it."""

    place: str
    length: int
    text: str
    """Cut at `LONGEST_SHOWN` characters."""


@dataclass(slots=True, kw_only=True)
class Inspection:
    """What one pass over the data gathers."""

    prompts: Prompts
    unit: str
    """Of lengths: ``"tokens"``, or ``"characters"`` where no model was named."""
    limit: int | None = None
    """Tokens that a prompt may have."""
    holdout: float = 0.0
    files: Mapping[str, int] = field(default_factory=dict)
    """By format."""
    shape: str = ""
    means: str = ""
    """What it makes of the columns."""
    extra: list[str] = field(default_factory=list)
    """Columns that became metadata."""
    rows: int = 0
    usable: int = 0
    """Prompts, those that are too long left out."""
    too_long: int = 0
    faults: dict[str, Fault] = field(default_factory=dict)
    """Rows that cannot be used, by what is wrong with them."""
    failure: str = ""
    """Why not all of it could be read, or what it lacks as a whole."""
    templated: int = 0
    """Prompts that go through a chat template; the others are read as they are."""
    has_template: bool = False
    """Whether the policy has one."""
    baselines: int = 0
    metadata: Counter[str] = field(default_factory=Counter)
    """How many prompts have what; of very many keys the first."""
    held_out: int = 0
    """Prompts that would be measured on, not trained on, where no others are named for that."""
    lengths: Lengths = field(default_factory=Lengths)
    """Of all prompts, too long ones included."""
    shown: list[Shown] = field(default_factory=list)

    @property
    def unusable(self) -> int:
        return sum(fault.rows for fault in self.faults.values())

    def require_usable(self) -> None:
        """Raise `SpecError` where a run would end before it begins."""
        path = self.prompts.path
        if self.failure:
            raise SpecError(self.failure)
        if self.unusable:
            raise SpecError(
                f"{self.unusable:,} of the {self.rows:,} rows of {path!r} cannot be used, and a run ends before it "
                "begins: mend them, or leave them out"
            )
        if not self.usable:
            raise SpecError(f"all {self.too_long:,} prompts of {path!r} are too long: raise `--context`")

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what ``raylign data --json`` prints."""
        plain = ("unit", "limit", "shape", "means", "extra", "rows", "usable", "too_long", "failure", "templated")
        return {
            "path": self.prompts.path,
            "columns": dict(self.prompts.columns),
            "files": dict(self.files),
            **{name: getattr(self, name) for name in plain},
            "unusable": self.unusable,
            "faults": {reason: asdict(fault) for reason, fault in self.faults.items()},
            "baselines": self.baselines,
            "metadata": dict(self.metadata),
            "holdout": self.holdout,
            "held_out": self.held_out,
            "lengths": self.lengths.to_dict(),
            "shown": [asdict(one) for one in self.shown],
        }


def inspect(
    prompts: Prompts,
    *,
    renderer: Renderer | None = None,
    holdout: float = 0.0,
    shown: int = 5,
    tell: Callable[[int], None] = lambda rows: None,
) -> Inspection:
    """Read all of it. Rows that are wrong are counted and passed over.

    ``renderer``: how the policy reads prompts; without one, characters are counted and nothing is too long.
    ``tell``: told how many rows were read, after each.

    Raises `SpecError` where nothing could be read, or the first row does not say what its columns mean.
    """
    found = Inspection(
        prompts=prompts,
        unit="tokens" if renderer else "characters",
        limit=renderer.limit if renderer else None,
        has_template=bool(renderer and renderer.tokenizer.chat_template),
        holdout=holdout,
    )
    rows, lots = Rows(prompts), _Lots(holdout)
    try:
        for row, made in rows.outcomes():
            found.rows += 1
            if isinstance(made, SpecError):
                _fault(found, str(made), row.place, row.place)
            else:
                _look(found, row, made, renderer, lots, shown)
            tell(found.rows)
    except SpecError as error:
        if not found.rows:
            raise
        found.failure = str(error)
    found.files, found.extra, found.held_out = dict(rows.files), list(rows.extra), lots.held_out
    if rows.shape is not None:
        found.shape, found.means = rows.shape.name, rows.shape.means
    return found


def _look(found: Inspection, row: Row, parts: Parts, renderer: Renderer | None, lots: "_Lots", shown: int) -> None:
    """At one prompt."""
    try:
        text, length = renderer.reading(row.number, parts) if renderer else _plainly(parts)
    except SpecError as error:  # of a chat template that does not take it
        assert renderer is not None
        _fault(found, str(error), f"task {renderer.task!r}, prompt {row.number}", row.place)
        return
    found.lengths.add(length)
    if len(found.shown) < shown:
        found.shown.append(Shown(row.place, length, text[:LONGEST_SHOWN]))
    if found.limit is not None and length > found.limit:
        found.too_long += 1
        return
    found.usable += 1
    lots.add(lot(parts))
    found.templated += renderer.is_templated(parts) if renderer else "messages" in parts
    found.baselines += bool(parts.get("baseline"))
    for name in parts.get("metadata", {}):
        if name in found.metadata or len(found.metadata) < bounds.NAMES:
            found.metadata[name] += 1


def _plainly(parts: Parts) -> tuple[str, int]:
    text = parts["prompt"] if "prompt" in parts else transcript(parts["messages"])
    return text, len(text)


def _fault(found: Inspection, message: str, whose: str, place: str) -> None:
    """Counted under what is wrong, without ``whose`` row it is."""
    reason = message.removeprefix(whose).lstrip(": ")
    if reason not in found.faults and len(found.faults) >= REASONS:
        reason = OTHER
    found.faults.setdefault(reason, Fault(place)).rows += 1


class _Lots:
    """How many prompts would be held out, without keeping their lots."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._seen = self._below = 0
        self._lowest, self._with_lowest = WHOLE, 0

    def add(self, one: int) -> None:
        self._seen += 1
        self._below += one < below(self._share, lowest=-1)
        if one < self._lowest:
            self._lowest, self._with_lowest = one, 0
        self._with_lowest += one == self._lowest

    @property
    def held_out(self) -> int:
        held = (self._below or self._with_lowest) if self._share else 0
        return held if held < self._seen else 0
