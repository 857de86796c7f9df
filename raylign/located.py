"""Settings that name what lies on a disk, or in a store: marked where they are declared, found wherever they stand.

Whoever reads jobs of others confines them by this (`raylign.plan.confinement`); kinds from outside are found like the
library's own, as their fields say.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Located:
    """Marks a field, ``Annotated[str, ..., DATA]``."""

    what: Literal["data", "model", "store"]


DATA = Located("data")
"""A file, a directory or a pattern of them; or a dataset of the hub."""
MODEL = Located("model")
"""A directory, or a hub id."""
STORED = Located("store")
"""A folder of an object store, to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One such setting of a job."""

    at: str
    """``"tasks[0].prompts.path"``."""
    value: str
    what: Literal["data", "model", "store"]


def places(settings: BaseModel, at: str = "") -> Iterator[Place]:
    """Every setting that names something on a disk or in a store, however deep it stands."""
    for name, mark in _marks(type(settings)).items():
        yield from _within(getattr(settings, name), mark, f"{at}.{name}" if at else name)


@cache
def _marks(kind: type[BaseModel]) -> Mapping[str, Located | None]:
    """Of a class's fields. Looked for once: types are deep, and every job that comes is asked for its places."""
    return {name: marked((field.annotation, *field.metadata)) for name, field in kind.model_fields.items()}


def marked(annotation: Any) -> Located | None:
    """The mark on a type, or on what it is made of."""
    if isinstance(annotation, Located):
        return annotation
    parts: Iterable[Any] = annotation if isinstance(annotation, tuple) else get_args(annotation)
    metadata = getattr(annotation, "__metadata__", ())
    return next(filter(None, map(marked, (*parts, *metadata))), None)


def _within(value: Any, mark: Located | None, at: str) -> Iterator[Place]:
    match value:
        case BaseModel():
            yield from places(value, at)
        case str():
            if mark is not None:
                yield Place(at=at, value=value, what=mark.what)
        case Mapping():
            for key, item in value.items():
                yield from _within(item, mark, f"{at}.{key}")
        case list() | tuple() | set() | frozenset():
            for index, item in enumerate(value):
                yield from _within(item, mark, f"{at}[{index}]")
