"""What every tracker has: its settings in a job, and how it is opened."""

import importlib.util
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from raylign.errors import RunError
from raylign.settings import Spec
from raylign.trackers.sink import Sink

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. -]*$", max_length=100)]
"""Of a project, an experiment: what no server reads as a path or a query."""


class Tracker(Spec):
    """Base of all trackers. Keys and accounts are no settings: its library finds them where the driver runs."""

    library: ClassVar[str]
    """The package that it needs, an optional one."""
    leaves: ClassVar[bool]
    """Whether it may send what it is given elsewhere."""

    @property
    def label(self) -> str:
        return self.type  # type: ignore[attr-defined]

    @property
    def address(self) -> str | None:
        """Where the job itself says that it sends to; None where that is the environment's to say."""
        return None

    def require(self) -> None:
        """Raise `RunError` where its library is not installed."""
        if importlib.util.find_spec(self.library) is None:
            raise RunError(
                f"tracker {self.label!r} needs {self.library!r}, which is not installed: "
                "`pip install raylign[trackers]`, or leave it out of `trackers`"
            )

    @abstractmethod
    def open(self, directory: Path, name: str) -> Sink:
        """Of the run in ``directory``, of a job called ``name``; the same curves go on where it was opened before."""


def remembered(file: Path, make: Callable[[], str]) -> str:
    """What a run is called elsewhere: as made the first time, for all its attempts."""
    if not file.exists():
        file.write_text(make())
    return file.read_text()
