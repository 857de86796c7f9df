"""A worker as Ray holds it: named here, imported only in the process that will be it.

So the driver knows no torch, workers start while it is still reading prompts, and their environment is set without the
detour of a runtime environment, which Ray would build a process for.
"""

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class Host:
    """Makes the worker of ``place`` and passes calls on to it. Subclasses name the place.

    ``environment``: set before anything is imported that would read it.
    """

    place: str
    """``"module:Class"``."""

    def __init__(self, environment: Mapping[str, str], arguments: Mapping[str, Any]) -> None:
        os.environ.update(environment)
        module, _, name = self.place.partition(":")
        self._worker = getattr(import_module(module), name)(**arguments)

    def call(self, method: str, *arguments: Any, **settings: Any) -> Any:
        """``worker.method(...)``."""
        return getattr(self._worker, method)(*arguments, **settings)

    def stream(self, method: str, *arguments: Any) -> Iterator[Any]:
        """What ``worker.method(...)`` yields, as it yields it."""
        yield from getattr(self._worker, method)(*arguments)


def host(place: str) -> type[Host]:
    """A host for the worker of that place, under the worker's own name: the dashboard shows it."""
    return type(place.partition(":")[2], (Host,), {"place": place})
