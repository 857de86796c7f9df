"""Kinds from outside: classes that other installed distributions name by entry points, read as their union is made.

Whoever runs the process installs them, never a job. One that is broken stops whatever would have read jobs, for a job
that names it must not mean something else, or nothing, because of it. docs/extending.md shows a whole one.
"""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any, TypeVar, get_args

from pydantic import BaseModel

from raylign.errors import ExtensionError

Kind = TypeVar("Kind", bound=BaseModel)
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, order=True)
class Distribution:
    """What was installed."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


_origins: dict[type[BaseModel], Distribution] = {}
"""Of the classes that came from outside: where each came from."""


def origin(kind: type[BaseModel]) -> Distribution | None:
    """The distribution that a class came with; None for the library's own."""
    return _origins.get(kind)


def extended(
    own: Sequence[type[Kind]],
    *,
    group: str,
    bases: Sequence[type[Kind]],
    taken: Iterable[str] = (),
    found: Iterable[EntryPoint] | None = None,
) -> tuple[type[Kind], ...]:
    """The library's ``own`` kinds, and after them those of ``group``, in the order of their names.

    ``bases``: what each must derive from one of. ``taken``: names that are given to others. ``found``: entry points;
    those of all that is installed, where absent.
    Raises `ExtensionError` that names the distribution of one that cannot be used.
    """
    kinds = list(own)
    whose = dict.fromkeys((*(str(kind.model_fields["type"].default) for kind in own), *taken), "raylign's own")
    for point in sorted(entry_points(group=group) if found is None else found, key=lambda one: (one.name, one.value)):
        kind, source = _load(point), _distribution(point)
        if problem := _problem(kind, point, bases):
            raise ExtensionError(_message(point, problem))
        if point.name in whose:
            raise ExtensionError(_message(point, f"`type: {point.name}` is {whose[point.name]}: it needs another name"))
        whose[point.name] = f"that of {source}"
        _origins[kind] = source
        kinds.append(kind)
    return tuple(kinds)


def installed(names: Iterable[str]) -> dict[str, str | None]:
    """Versions of distributions in this process's environment; None of one that is not there."""
    return {name: _version(name) for name in names}


def lacks(needed: Mapping[Distribution, str], found: Mapping[str, Mapping[str, str | None]]) -> list[str]:
    """A sentence for each that a node lacks, or has of another version.

    ``needed``: with what needs it. ``found``: what `installed` says, by node.
    """
    return [
        f"node {node} has {f'{one.name} {there}' if there else f'no {one.name}'}, and {who} needs {one}: install it "
        "there, as the driver has it"
        for node, versions in sorted(found.items())
        for one, who in sorted(needed.items())
        if (there := versions.get(one.name)) != one.version
    ]


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:  # importing a stranger's module may raise anything
        raise ExtensionError(_message(point, f"it cannot be loaded ({type(error).__name__}: {error})")) from error


def _problem(kind: Any, point: EntryPoint, bases: Sequence[type[BaseModel]]) -> str:
    """Why it is no kind; empty where it is one."""
    names = " or ".join(base.__name__ for base in bases)
    if not _derives(kind, bases):
        return f"it is no class of {names}"
    if inspect.isabstract(kind):
        return f"it lacks {', '.join(sorted(kind.__abstractmethods__))}, which every {names} has"
    field = kind.model_fields["type"]
    if get_args(field.annotation) != (field.default,) or not NAME.fullmatch(str(field.default)):
        return f'it needs a `type: Literal["{point.name}"] = "{point.name}"`: lower-case letters, digits, dashes'
    if field.default != point.name:
        return f"it calls itself {field.default!r}: the entry point's name must be the same"
    return ""


def _derives(kind: Any, bases: Sequence[type]) -> bool:
    return inspect.isclass(kind) and issubclass(kind, tuple(bases))


def _message(point: EntryPoint, problem: str) -> str:
    return (
        f"the installed distribution {_distribution(point)} names {point.value!r} as `{point.name}` of {point.group}, "
        f"and {problem}; mend it, or uninstall it"
    )


def _distribution(point: EntryPoint) -> Distribution:
    assert point.dist is not None  # importlib gives each the distribution that it read it from
    return Distribution(point.dist.name, point.dist.version)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
