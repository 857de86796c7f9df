"""A process of its own for vLLM engines: one engine at a time fits into a process, and none into the tests' own."""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

LIMIT_S = 600

Call = Callable[..., Any]


@contextmanager
def engine_process() -> Iterator[Call]:
    """``call(function, *args)`` runs a module-level function in the process, which keeps what `keep` was given."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield lambda function, *args: pool.submit(function, *args).result(timeout=LIMIT_S)


def in_this_process(function: Callable[..., Any], *args: Any) -> Any:
    """A `Call` for what may be run beside the tests."""
    return function(*args)


_kept: dict[str, Any] = {}


def keep(make: Callable[[], Any]) -> Any:
    """Let go of what the process holds, then hold what ``make`` returns."""
    _kept.clear()
    gc.collect()
    _kept["it"] = make()
    return _kept["it"]


def kept() -> Any:
    """What the process holds."""
    return _kept["it"]
