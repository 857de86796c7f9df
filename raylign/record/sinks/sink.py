"""What every place for metrics has in common."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from raylign.errors import RunError


class Sink(ABC):
    """A place that keeps curves. Raises `RunError` where its library is not installed."""

    @abstractmethod
    def __init__(self, directory: Path, name: str) -> None:
        """``directory``: the run's own; ``name``: the job's."""

    def log(self, step: int, values: Mapping[str, float | None]) -> None:
        """Add one point to each named curve, as `flat_metrics` names them; None is no point."""
        self._add(step, {name: value for name, value in values.items() if value is not None})

    @abstractmethod
    def _add(self, step: int, points: Mapping[str, float]) -> None: ...

    @abstractmethod
    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are logged again."""

    @abstractmethod
    def close(self) -> None:
        """Write what is still held back."""


def library(name: str) -> ModuleType:
    """A sink's own library, which is an optional one. Raises `RunError`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise RunError(
            f"metrics for {name} need {error.name!r}, which is not installed: pip install {error.name}"
        ) from error
