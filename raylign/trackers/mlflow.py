"""MLflow."""

import logging
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from raylign import bounds
from raylign.trackers.sink import Sink
from raylign.trackers.tracker import Name, Tracker, remembered

SCHEMES = ("http", "https", "sqlite", "file")
MOST_POINTS = 1000
"""Of one call, as MLflow's servers have it."""
_REFUSED = re.compile(r"[^\w./: -]")


class MLflow(Tracker):
    """An MLflow run, the same one for all attempts. Accounts: ``MLFLOW_TRACKING_USERNAME`` and its like."""

    library: ClassVar = "mlflow"
    leaves: ClassVar = True

    type: Literal["mlflow"] = "mlflow"
    experiment: Name = "raylign"
    """The experiment it is filed under; made where there is none."""
    uri: str | None = Field(default=None, max_length=bounds.PATH)
    """The server, or a store on the driver's machine (`sqlite:////data/mlflow.db`); ``MLFLOW_TRACKING_URI`` where
    absent, and `mlflow.db` in the run directory where that is absent too."""

    @field_validator("uri")
    @classmethod
    def _is_an_address_alone(cls, uri: str | None) -> str | None:
        if uri is None:
            return None
        if urlsplit(uri).scheme not in SCHEMES:
            raise ValueError(f"it begins with one of {', '.join(f'{scheme}:' for scheme in SCHEMES)}")
        if "@" in urlsplit(uri).netloc:
            raise ValueError(
                "leave user and password out: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD hold them"
            )
        return uri

    @property
    def address(self) -> str | None:
        return self.uri

    def open(self, directory: Path, name: str) -> Sink:
        uri = self.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{directory / 'mlflow.db'}"
        return MLflowRun(uri, self.experiment, directory, name)


class MLflowRun(Sink):
    """Kept by a client of its own: MLflow's "active run" is one for the whole process."""

    def __init__(self, uri: str, experiment: str, directory: Path, name: str) -> None:
        from mlflow import MlflowClient

        for chatty in ("mlflow", "alembic"):  # the display is the run's own
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._client: Any = MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(experiment)
        filed = found.experiment_id if found else self._client.create_experiment(experiment)
        self._run = remembered(
            directory / "mlflow.id", lambda: str(self._client.create_run(filed, run_name=name).info.run_id)
        )
        self._client.update_run(self._run, status="RUNNING")
        web = urlsplit(uri).scheme in ("http", "https")
        self.link = (
            f"{uri.rstrip('/')}/#/experiments/{filed}/runs/{self._run}"
            if web
            else f"mlflow ui --backend-store-uri {uri}"
        )

    def _add(self, step: int, points: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        metrics = [Metric(curve(name), at, now, step) for name, at in points.items()]
        for first in range(0, len(metrics), MOST_POINTS):
            self._client.log_batch(self._run, metrics=metrics[first : first + MOST_POINTS])

    def rewind(self, next_step: int) -> None:
        """Nothing: MLflow keeps every point it is given."""

    def close(self, *, succeeded: bool) -> None:
        self._client.set_terminated(self._run, "FINISHED" if succeeded else "FAILED")


def curve(name: str) -> str:
    """The name as MLflow takes it."""
    return _REFUSED.sub("_", name)
