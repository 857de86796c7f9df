"""The gateway's jobs as lines: ids are never cut, since they are copied into the next command."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raylign.show.visible import visible

HEADINGS = ("job", "name", "state", "attempts", "why")
ROOM_FOR_ALL = 90
"""Columns of a terminal below which a job is shown without its attempts and its reason."""


def show_jobs(jobs: Sequence[Mapping[str, Any]], console: Console) -> None:
    """A table of jobs."""
    rows = [
        (job["id"], job["name"], job["state"], str(len(job["attempts"])), visible(job["status_reason"])) for job in jobs
    ]
    shown = len(HEADINGS) if not console.is_terminal or console.width >= ROOM_FOR_ALL else 3
    cut = [row[:shown] for row in rows]
    show_rows(cut, HEADINGS[:shown], console, empty="no jobs yet: send one with `raylign submit FILE`")


def show_rows(rows: Sequence[Sequence[str]], headings: Sequence[str], console: Console, *, empty: str) -> None:
    """A table for people; for a file or a pipe, whole values parted by tabs, without a heading.

    The first column is an id. ``empty``: what people are told where there are no rows.
    """
    if not console.is_terminal:
        for row in rows:
            print("\t".join(row), file=console.file)
        return
    if not rows:
        console.print(empty, highlight=False)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(headings[0], min_width=max(len(row[0]) for row in rows), no_wrap=True)
    for heading in headings[1:]:
        table.add_column(heading, no_wrap=heading not in ("name", "why"), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table, crop=False)
