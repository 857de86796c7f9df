"""How the pages of reports are rendered: what they show of numbers, and that no text in them can be markup."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from raylign.clock import PHASES
from raylign.interval import Bounds
from raylign.show.console import NONE, clock, percent
from raylign.show.duration import took
from raylign.show.visible import visible


@cache
def environment() -> Environment:
    """The one of this process, which compiles a page once. All that comes from models, judges and users is escaped, and
    its control characters made visible."""
    made = Environment(
        loader=PackageLoader("raylign.show.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "percent": percent,
        "clock": clock,
        "decimal": _decimal,
        "points": _points,
        "bounds": _bounds,
        "size": _size,
        "seconds": _seconds,
    }
    made.globals["phases"] = PHASES
    return made


def _shown(value: Any) -> Any:
    """What an expression puts on the page: plain text loses its control characters; None shows as a dash."""
    if value is None:
        return NONE
    if type(value) is str:  # our own charts are Markup, and pass
        return visible(value, lines=True)
    return value


def _decimal(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def _size(num_bytes: float | None) -> str:
    return "unknown" if num_bytes is None else f"{num_bytes / 2**30:.2f} GiB"


def _points(change: tuple[float | None, float | None]) -> str:
    before, after = change
    return "" if before is None or after is None else f"{round(100 * after) - round(100 * before):+d}"


def _bounds(bounds: Bounds | None, *, signed: bool = False) -> str:
    """Whole percent: ``41 to 65``; signed, ``-3 to +40``."""
    return NONE if bounds is None else " to ".join(f"{round(100 * end):{'+d' if signed else 'd'}}" for end in bounds)


def _seconds(seconds: float | None) -> str:
    return NONE if seconds is None else took(seconds)
