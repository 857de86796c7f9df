"""Installed packages that the operator lets programs under test import, numpy for one; none where nothing is said.

A setting of the machine, never of a job: names of distributions in `VARIABLE`, which is handed on to drivers and judge
workers. Each is shown to the sandbox read-only, file by top-level file; nothing that was installed beside it is.
"""

import importlib.metadata
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import all_suffixes
from pathlib import Path

from raylign.errors import RunError

VARIABLE = "RAYLIGN_SANDBOX_LIBRARIES"
FOLDER = Path("/libraries")
"""Where they lie in the sandbox."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A pool of threads would take the program's memory and processes before its first line."""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_BESIDE = (".libs", ".dist-info")
"""Endings of the folders that wheels put beside their packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries:
    """What the sandbox shows."""

    modules: Sequence[str]
    """Top-level modules, by the names under which they are imported."""
    files: Mapping[str, Path]
    """Names in `FOLDER`, and what is shown there: packages, modules, and the shared libraries they need."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """For bubblewrap."""
        shown = (("--ro-bind", str(path), str(FOLDER / name)) for name, path in sorted(self.files.items()))
        settings = (("--setenv", name, value) for name, value in _ONE_THREAD.items() if self.files)
        room = [("--perms", "0755", "--dir", str(FOLDER))] if self.files else []
        return tuple(word for words in (*room, *shown, *settings) for word in words)


def allowed() -> Libraries:
    """What this process's environment allows. Raises `RunError`."""
    return find(names(os.environ.get(VARIABLE, "")))


def setting() -> Mapping[str, str]:
    """This process's setting, as the environment of those it starts elsewhere."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}


def names(listed: str) -> tuple[str, ...]:
    """Names separated by commas or spaces. Raises `RunError` for what is no name."""
    found = tuple(dict.fromkeys(listed.replace(",", " ").split()))
    for name in found:
        if not _NAME.fullmatch(name):
            raise RunError(
                f"{VARIABLE} names {name!r}, which is no package's name: give names as `pip install` takes them"
            )
    return found


@cache
def find(wanted: tuple[str, ...]) -> Libraries:
    """The packages of these names. Raises `RunError` for one that is not installed, or not as files of its own."""
    modules: list[str] = []
    files: dict[str, Path] = {}
    for name in wanted:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            raise RunError(
                f"{VARIABLE} names {name!r}, and no such package is installed here: install it on every node, or take "
                "it off the list"
            ) from None
        listed = [file.parts for file in distribution.files or ()]
        packages = {parts[0] for parts in listed if parts[1:] == ("__init__.py",)}
        single = {parts[0] for parts in listed if len(parts) == 1 and parts[0].endswith(tuple(all_suffixes()))}
        if not packages | single:
            raise RunError(
                f"{VARIABLE} names {name!r}, which is not installed as files of its own (editable, or part of a "
                "package that others share): it cannot be shown to programs by itself"
            )
        modules += sorted(packages | {one.partition(".")[0] for one in single})
        beside = {parts[0] for parts in listed if parts[0].endswith(_BESIDE)}
        files |= {one: Path(str(distribution.locate_file(one))).resolve() for one in packages | single | beside}
    return Libraries(modules=modules, files=files)
