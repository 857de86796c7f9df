"""The audit log of a service, read by who runs it."""

import json
from collections import deque
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from raylign import bounds
from raylign.cli.options import DEFAULT_HOME, AsJson, HomeFolder

HEADINGS = ("at", "tenant", "key", "from", "status", "did")


def audit(
    tenant: Annotated[str | None, typer.Option(help="Only this one's.")] = None,
    key: Annotated[str | None, typer.Option(metavar="ID", help="Only what was done with this key.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only what was answered with 400 and above.")] = False,
    count: Annotated[int, typer.Option("-n", min=1, max=bounds.SHOWN, help="How many, the newest.")] = 50,
    home: HomeFolder = DEFAULT_HOME,
    as_json: AsJson = False,
) -> None:
    """Show who did what at this home's service, and what came of it, the newest last."""
    from raylign.service.audit import Audit
    from raylign.service.home import Home
    from raylign.show.joblist import show_rows

    def wanted(entry: dict[str, Any]) -> bool:
        return (
            (tenant is None or entry.get("tenant") == tenant)
            and (key is None or entry.get("key") == key)
            and (not refused or (entry.get("status") or 0) >= 400)
        )

    entries = deque(filter(wanted, Audit(Home(home.expanduser().resolve()).audit).lines()), maxlen=count)
    if as_json:
        for entry in entries:
            print(json.dumps(entry))
        return
    show_rows(list(map(_row, entries)), HEADINGS, Console(), empty="nothing was done yet")


def _row(entry: dict[str, Any]) -> list[str]:
    at = f"{datetime.fromtimestamp(entry['at'], UTC):%Y-%m-%d %H:%M:%S}"
    did = " ".join(str(entry[name]) for name in ("did", "made") if name in entry)
    left_out = f" (and {entry['left_out']} more refusals)" if "left_out" in entry else ""
    rest = (entry.get(name) or "-" for name in HEADINGS[1:5])
    return [at, *map(str, rest), did + left_out]
