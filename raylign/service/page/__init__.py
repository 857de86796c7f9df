"""The page that the gateway serves: HTML, one style sheet, plain ES modules. There is nothing to build.

Whatever it shows of models, judges and users is text: no file here makes markup of a string, and the browser is told
to refuse whoever would (`POLICY`). It calls the same API as everybody, with the key of who opened it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from raylign.show import report

FOLDER = Path(__file__).parent
COLORS = Path(report.__file__).parent / "colors.css"
"""Shared with the report: one family."""
TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Of files that are served; all others are not."""
_OURS = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
)
POLICY = _OURS + "style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
"""Scripts and styles of this host alone; a string that a script would make markup of is an error."""
FRAME_POLICY = _OURS + "style-src 'self' 'unsafe-inline'"
"""Of the document that frames a report, which is one file with its styles within; its frame runs no script."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is sent."""

    content: bytes
    media_type: str
    tag: str
    """Changes with the content: what a browser asks by whether its copy is still good."""


def load() -> dict[str, Asset]:
    """Every file of the page, by its path below ``/page``."""
    found = {path.relative_to(FOLDER).as_posix(): path for path in sorted(FOLDER.rglob("*"))}
    found[COLORS.name] = COLORS
    return {name: _asset(path) for name, path in found.items() if path.suffix in TYPES}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
