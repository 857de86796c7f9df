"""A worker as Ray holds it: named here, imported only in the process that will be it.

So the driver knows no torch, workers start while it is still reading prompts, and their environment is set without the
detour of a runtime environment, which Ray would build a process for.
"""

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from actors.imports import importing
from raylign.errors import RaylignError, WorkerFailed


class Host:
    """Makes the worker of ``place`` and passes calls on to it. Subclasses name the place.

    ``environment``: set before anything is imported that would read it.
    """

    place: str
    """``"module:Class"``."""

    def __init__(self, environment: Mapping[str, str], arguments: Mapping[str, Any]) -> None:
        os.environ.update(environment)
        self._worker: Any = None
        self._failure: RaylignError | None = None
        module, _, name = self.place.partition(":")
        try:
            with importing():
                made = getattr(import_module(module), name)
            self._worker = made(**arguments)
        except Exception as error:
            # Raised here it would kill the actor, and look like a lost worker, worth another try. It is kept for who
            # calls; the traceback goes to the worker's log.
            traceback.print_exc(file=sys.stderr)
            self._failure = _deliberate(error, name)

    def call(self, method: str, *arguments: Any, **settings: Any) -> Any:
        """``worker.method(...)``. Raises what making the worker raised, if it could not be made."""
        return getattr(self._made(), method)(*arguments, **settings)

    def stream(self, method: str, *arguments: Any) -> Iterator[Any]:
        """What ``worker.method(...)`` yields, as it yields it."""
        yield from getattr(self._made(), method)(*arguments)

    def _made(self) -> Any:
        if self._failure is not None:
            raise self._failure
        return self._worker


def _deliberate(error: Exception, name: str) -> RaylignError:
    """The error less its traceback, whose frames would keep a half-loaded model in memory."""
    if isinstance(error, RaylignError):
        return error.with_traceback(None)
    return WorkerFailed(f"{name} could not be made: {type(error).__name__}: {error}")


def host(place: str) -> type[Host]:
    """A host for the worker of that place, under the worker's own name: the dashboard shows it."""
    return type(place.partition(":")[2], (Host,), {"place": place})
