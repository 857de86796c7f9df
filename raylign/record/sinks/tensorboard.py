"""TensorBoard."""

import time
from collections.abc import Mapping
from pathlib import Path

from raylign.record.sinks.sink import Sink, library


class TensorBoard(Sink):
    """Event files in the run's ``tensorboard/``, written by TensorBoard's own writer; needs no torch."""

    def __init__(self, directory: Path, name: str) -> None:
        library("tensorboard")
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event, self._summary, self._session = Event, Summary, SessionLog
        self._writer = EventFileWriter(str(directory / "tensorboard"))

    def _add(self, step: int, points: Mapping[str, float]) -> None:
        summary = self._summary(value=[self._summary.Value(tag=tag, simple_value=at) for tag, at in points.items()])
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=summary))
        self._writer.flush()

    def rewind(self, next_step: int) -> None:
        """Hides what is there from ``next_step`` on."""
        start = self._session(status=self._session.START)
        self._writer.add_event(self._event(wall_time=time.time(), step=next_step, session_log=start))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
