"""TensorBoard."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from raylign.trackers.sink import Sink
from raylign.trackers.tracker import Tracker


class TensorBoard(Tracker):
    """Event files in the run's ``tensorboard/``. Every run writes them, named or not."""

    library: ClassVar = "tensorboard"
    leaves: ClassVar = False

    type: Literal["tensorboard"] = "tensorboard"

    def open(self, directory: Path, name: str) -> Sink:
        return EventFiles(directory / "tensorboard")


class EventFiles(Sink):
    """Written by TensorBoard's own writer, which needs no torch."""

    def __init__(self, directory: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event, self._summary, self._session = Event, Summary, SessionLog
        self._writer = EventFileWriter(str(directory))

    def _add(self, step: int, points: Mapping[str, float]) -> None:
        summary = self._summary(value=[self._summary.Value(tag=tag, simple_value=at) for tag, at in points.items()])
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=summary))
        self._writer.flush()

    def rewind(self, next_step: int) -> None:
        """Hides what is there from ``next_step`` on."""
        start = self._session(status=self._session.START)
        self._writer.add_event(self._event(wall_time=time.time(), step=next_step, session_log=start))
        self._writer.flush()

    def close(self, *, succeeded: bool) -> None:
        self._writer.close()
