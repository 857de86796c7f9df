"""What a data file calls things, as the command line says it."""

from collections.abc import Sequence
from typing import Annotated

import typer

from raylign.errors import SpecError

Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", metavar="OURS=THEIRS", help="What the file calls things: prompt=question; again for more."
    ),
]


def renamed(columns: Sequence[str]) -> dict[str, str]:
    """What `Columns` says: ``{"prompt": "question"}``. Raises `SpecError`."""
    pairs = [one.strip().partition("=") for part in columns for one in part.split(",")]
    for ours, mark, theirs in pairs:
        if not (ours and mark and theirs):
            raise SpecError(f"--columns {ours + mark + theirs!r} is no OURS=THEIRS: write prompt=question")
    mapping = {ours: theirs for ours, _, theirs in pairs}
    if len(mapping) < len(pairs):
        raise SpecError(f"--columns gives one name to two columns: {', '.join(columns)}")
    return mapping
