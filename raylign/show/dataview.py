"""What was understood of a data file, for people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylign.show.visible import visible
from raylign.sources.inspection import Inspection

WIDTH = 40
"""Of the longest bar, in characters."""
EVERY = 1000
"""Rows between two looks of a terminal."""
SHOWN = 1000
"""Characters of a prompt."""
NAMED = 12
"""Metadata keys."""


@contextmanager
def counting(console: Console) -> Iterator[Callable[[int], None]]:
    """Tell a terminal how many rows were read, inside the ``with`` block."""
    with console.status("Reading ...") as status:

        def tell(rows: int) -> None:
            if rows % EVERY == 0:
                status.update(f"Reading: {rows:,} rows")

        yield tell


def show_data(found: Inspection, console: Console) -> None:
    """Format and shape, columns, counts, what is wrong, lengths, and some prompts."""

    def say(text: str, style: str = "") -> None:
        console.print(Text(visible(text, lines=True), style), soft_wrap=True)

    files = ", ".join(f"{count:,} {name} file{'s' * (count > 1)}" for name, count in found.files.items())
    say(f"{found.prompts.path}: {files}, {found.rows:,} rows", "bold")
    for line in _told(found):
        say(f"  {line}")
    for reason, fault in found.faults.items():
        where = f"{fault.rows:,} rows, the first {fault.first}" if fault.rows > 1 else fault.first
        say(f"  unusable: {reason} ({where})", "red")
    if found.failure:
        say(f"  reading ended: {found.failure}", "red")
    if found.lengths:
        _histogram(found, console)
    for one in found.shown:
        too_long = ", too long" if found.limit is not None and one.length > found.limit else ""
        say(f"\n{one.place}: {one.length:,} {found.unit}{too_long}", "dim")
        for line in visible(one.text, lines=True, limit=SHOWN).split("\n"):
            say(f"    {line}")


def _told(found: Inspection) -> Iterator[str]:
    yield f"read as {found.shape}: {found.means}"
    for ours, theirs in found.prompts.columns.items():
        yield f"{ours} is the column {theirs!r}"
    if found.extra:
        yield f"metadata from the columns {_some(list(map(repr, found.extra)))}"
    plain = found.usable - found.templated
    kinds = {"for the chat template": found.templated, "plain text, read as it is": plain}
    yield f"{found.usable:,} prompts: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count)
    if plain and found.has_template:
        column = found.prompts.columns.get("prompt", "prompt")
        yield f"plain text is no question to a chat model: `--columns messages={column}` makes it the user's turn"
    if found.baselines:
        yield f"{found.baselines:,} have a baseline"
    if found.metadata:
        yield "metadata: " + _some([f"{name} in {count:,}" for name, count in found.metadata.items()])
    if found.limit is not None:
        yield f"{found.too_long:,} are too long, of more than {found.limit:,} tokens, and left out"
    if found.held_out:
        yield (
            f"{found.held_out:,} ({found.held_out / found.usable:.1%}) are held out of training and measured on, where "
            "a job names no `eval_prompts`"
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _histogram(found: Inspection, console: Console) -> None:
    lengths = found.lengths
    shortest, half, most, longest = (lengths.quantile(share) for share in (0, 0.5, 0.9, 1))
    console.print(
        Text(
            f"\n{found.unit} of a prompt: {shortest:,} to {longest:,}; half have at most {half:,}, nine in ten at most "
            f"{most:,}"
        )
    )
    bars = lengths.bars()
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right")
    table.add_column()
    table.add_column(justify="right")
    for bar in bars:
        size = round(WIDTH * bar.count / max(one.count for one in bars))
        named = f"{bar.low:,}" if bar.low == bar.high else f"{bar.low:,} - {bar.high:,}"
        table.add_row(named, "█" * max(size, bool(bar.count)), f"{bar.count:,}")
    console.print(table)
