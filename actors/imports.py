"""Imports of what is large: seconds each, in every process."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """What an import makes stays. To look for garbage in it meanwhile, again and again, would take a seventh of its
    time; nor is it looked at later, which DeepSpeed asks for often."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def without(module: str) -> Iterator[None]:
    """To what is imported meanwhile, ``module`` is not installed, unless it has been imported before."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


@contextmanager
def without_torch() -> Iterator[None]:
    """For processes that load tokenizers and no model: transformers, first imported meanwhile, takes torch for absent
    from then on, and so costs a third of the time and a fifth of the memory."""
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # it would tell of what is no mistake
    with importing(), without("torch"):
        yield
