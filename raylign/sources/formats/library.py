"""Libraries that some formats need, and a base install does not have."""

from importlib import import_module
from types import ModuleType

from raylign.errors import SpecError


def library(name: str, *, what: str) -> ModuleType:
    """The library, imported. Raises `SpecError` that says how to get it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise SpecError(
            f"{what} needs the library {name.partition('.')[0]!r} ({error}): pip install 'raylign[data]', or save the "
            "data as JSON Lines or CSV"
        ) from None
