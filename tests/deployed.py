"""What deploy/ says, held to what the code knows: options, variables, ports, places."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from raylign.cli.app import app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
IMAGES = {path.suffix[1:]: path for path in sorted((DEPLOY / "images").glob("Dockerfile.*"))}
"""By variant: ``cpu``, ``cuda``."""


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """A Dockerfile's instructions and what they are given, lines put together."""
    text = re.sub(r"\\\n\s*", "", dockerfile.read_text())
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def instruction(dockerfile: Path, word: str) -> str:
    """What the last instruction of that name is given."""
    return [rest for name, rest in instructions(dockerfile) if name == word][-1]


def command(words: Sequence[str]) -> dict[str, Any]:
    """A command line of raylign, parsed by the program itself: by option. Raises where it names what is not there."""
    program, name, *rest = words
    assert program == "raylign"
    group: Any = typer.main.get_command(app)
    return dict(group.commands[name].make_context(name, rest).params)


def default(name: str, option: str) -> Any:
    """What an option of a command is where it is not said."""
    return command(["raylign", name])[option]


def installed(package: str) -> Path:
    """A package's folder; nothing of it is imported."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def variables() -> frozenset[str]:
    """Every name in quotes that the code, Ray's dashboard or the hub's client may read from its environment."""
    sources = [*(ROOT / "raylign").rglob("*.py"), *(ROOT / "actors").rglob("*.py")]
    others = [installed("ray") / "dashboard/modules/metrics/metrics_head.py"]
    others.append(installed("huggingface_hub") / "utils/_auth.py")
    found = set()
    for path in [*sources, *others]:
        found |= set(re.findall(r"""["']([A-Z][A-Z0-9]*_[A-Z0-9_]+)["']""", path.read_text()))
    return frozenset(found)
