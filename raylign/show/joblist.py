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
    """A table for people; for a file or a pipe, whole values parted by tabs, without a heading."""
    rows = [
        (job["id"], job["name"], job["state"], str(len(job["attempts"])), visible(job["status_reason"])) for job in jobs
    ]
    if not console.is_terminal:
        for row in rows:
            print("\t".join(row), file=console.file)
        return
    if not rows:
        console.print("no jobs yet: send one with `raylign submit FILE`", highlight=False)
        return
    shown = len(HEADINGS) if console.width >= ROOM_FOR_ALL else 3
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(HEADINGS[0], min_width=max(len(row[0]) for row in rows), no_wrap=True)
    for heading in HEADINGS[1:shown]:
        table.add_column(heading, no_wrap=heading not in ("name", "why"), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row[:shown]))
    console.print(table, crop=False)
