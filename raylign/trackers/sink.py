"""What a tracker keeps its curves in, once it is open."""

from abc import ABC, abstractmethod
from collections.abc import Mapping


class Sink(ABC):
    """An open place of curves. Every call may raise whatever its library raises, and take as long as it takes."""

    link: str = ""
    """Where people find it: an address, or a place on the driver's machine; empty where the run directory says it."""

    def log(self, step: int, values: Mapping[str, float | None]) -> None:
        """Add one point to each named curve, as `flat_metrics` names them; None is no point."""
        self._add(step, {name: value for name, value in values.items() if value is not None})

    @abstractmethod
    def _add(self, step: int, points: Mapping[str, float]) -> None: ...

    @abstractmethod
    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are logged again."""

    @abstractmethod
    def close(self, *, succeeded: bool) -> None:
        """Write what is still held back; the run has ended."""
