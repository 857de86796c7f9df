"""Where metrics go besides the run directory: TensorBoard, Weights & Biases, MLflow, behind one small port."""

import importlib
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Literal, Protocol

from raylign.errors import RunError

Values = Mapping[str, float | None]
"""Flat metrics, as `flat_metrics` makes them; None is a value that is not there, and is not logged."""


class Tracker(Protocol):
    """A place that keeps curves."""

    def log(self, step: int, values: Values) -> None:
        """Add one point to each named curve."""
        ...

    def rewind(self, next_step: int) -> None:
        """Steps from ``next_step`` on are logged again."""
        ...

    def close(self) -> None:
        """Write what is still held back."""
        ...


def open_tracker(kind: Literal["tensorboard", "wandb", "mlflow"], *, directory: Path, name: str) -> Tracker:
    """The tracker of that kind. Raises `RunError` where its library is not installed."""
    match kind:
        case "tensorboard":
            return TensorBoard(directory)
        case "wandb":
            return WeightsAndBiases(directory, name=name)
        case "mlflow":
            return MLflow(name=name)


class TensorBoard:
    """Event files in a directory, written by TensorBoard's own writer; needs no torch."""

    def __init__(self, directory: Path) -> None:
        _library("tensorboard")
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._event, self._summary, self._session = Event, Summary, SessionLog
        self._writer = EventFileWriter(str(directory))

    def log(self, step: int, values: Values) -> None:
        points = [self._summary.Value(tag=name, simple_value=value) for name, value in _present(values).items()]
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=self._summary(value=points)))
        self._writer.flush()

    def rewind(self, next_step: int) -> None:
        """Hides what is there from ``next_step`` on."""
        start = self._session(status=self._session.START)
        self._writer.add_event(self._event(wall_time=time.time(), step=next_step, session_log=start))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """A run of project ``raylign``; account, server and offline mode come from wandb's own environment variables."""

    def __init__(self, directory: Path, *, name: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._run = _library("wandb").init(project="raylign", name=name, dir=str(directory))

    def log(self, step: int, values: Values) -> None:
        self._run.log(_present(values), step=step)

    def rewind(self, next_step: int) -> None:
        """Nothing: W&B takes no point of a step before its last one."""

    def close(self) -> None:
        self._run.finish()


class MLflow:
    """A run in the experiment and on the server that mlflow's own environment variables name."""

    def __init__(self, *, name: str) -> None:
        self._mlflow = _library("mlflow")
        self._mlflow.start_run(run_name=name)

    def log(self, step: int, values: Values) -> None:
        self._mlflow.log_metrics(_present(values), step=step)

    def rewind(self, next_step: int) -> None:
        """Nothing: MLflow keeps every point it is given."""

    def close(self) -> None:
        self._mlflow.end_run()


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise RunError(f"the tracker needs {error.name!r}, which is not installed: pip install {error.name}") from error


def _present(values: Values) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
