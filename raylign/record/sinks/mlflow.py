"""MLflow."""

from collections.abc import Mapping
from pathlib import Path

from raylign.record.sinks.sink import Sink, library


class MLflow(Sink):
    """A run in the experiment and on the server that mlflow's own environment variables name."""

    def __init__(self, directory: Path, name: str) -> None:
        self._mlflow = library("mlflow")
        self._mlflow.start_run(run_name=name)

    def _add(self, step: int, points: Mapping[str, float]) -> None:
        self._mlflow.log_metrics(points, step=step)

    def rewind(self, next_step: int) -> None:
        """Nothing: MLflow keeps every point it is given."""

    def close(self) -> None:
        self._mlflow.end_run()
