"""Jobs to begin with: a skeleton, and where the service runs from a clone of the repository, its examples."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import raylign
from raylign.spec.document import read_yaml
from raylign.spec.load import find_faults

SKELETON = Path(__file__).with_name("skeleton.yaml")
EXAMPLES = Path(raylign.__file__).parents[1] / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A job's document with its comments."""

    name: str
    summary: str
    """Its first comment."""
    text: str
    """YAML; paths of files that are there are absolute."""


@cache
def templates(folder: Path = EXAMPLES) -> list[Template]:
    """The skeleton, then the examples in ``folder`` by name, as far as there are any.

    One with a grader's file beside it is left out: a text alone does not bring that along.
    """
    made = [_template(SKELETON), *map(_template, sorted(folder.glob("*.yaml")))]
    return [one for one in made if not find_faults(read_yaml(one.text.encode()))]


def _template(path: Path) -> Template:
    text = path.read_text(encoding="utf-8")
    comment = re.match(r"(?:#[^\n]*\n)*", text)
    words = " ".join(line.lstrip("# ") for line in (comment[0] if comment else "").splitlines())
    return Template(name=path.stem, summary=words.partition(". ")[0].rstrip("."), text=_absolute(text, path.parent))


def _absolute(text: str, folder: Path) -> str:
    """The text with the whole path of each file or folder below ``folder`` that it names."""
    named = {one for one in _texts(read_yaml(text.encode())) if not Path(one).is_absolute() and (folder / one).exists()}
    for one in sorted(named, key=len, reverse=True):
        whole = str(folder / one).replace("\\", r"\\")
        text = re.sub(rf"(?<![\w./-]){re.escape(one)}(?![\w./-])", whole, text)
    return text


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str() if "/" in value:
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
