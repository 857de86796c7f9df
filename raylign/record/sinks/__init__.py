"""Where metrics go besides the run directory's own files: TensorBoard always, others where the operator names them.

A sink is one class in a file of its own, and a line here.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from raylign.errors import SpecError
from raylign.record.sinks.mlflow import MLflow
from raylign.record.sinks.sink import Sink
from raylign.record.sinks.tensorboard import TensorBoard
from raylign.record.sinks.wandb import WeightsAndBiases

__all__ = ["SINKS", "Sink", "open_sinks", "setting"]

SINKS: Mapping[str, type[Sink]] = {
    "tensorboard": TensorBoard,
    "wandb": WeightsAndBiases,
    "mlflow": MLflow,
}
ALWAYS = "tensorboard"
VARIABLE = "RAYLIGN_SINKS"
"""Of the environment: names with commas between them, ``wandb,mlflow``."""


def open_sinks(directory: Path, name: str) -> list[Sink]:
    """TensorBoard, and what the environment names besides, for a job ``name`` whose run is in ``directory``.

    Raises `SpecError` for a name that is not known, `RunError` where a sink's library is not installed.
    """
    named = [one.strip() for one in os.environ.get(VARIABLE, "").split(",")]
    wanted = dict.fromkeys([ALWAYS, *filter(None, named)])
    if unknown := [one for one in wanted if one not in SINKS]:
        raise SpecError(f"{VARIABLE} names {unknown[0]!r}, which is no place for metrics: known are {', '.join(SINKS)}")
    return [SINKS[one](directory, name) for one in wanted]


def setting() -> dict[str, str]:
    """What of the environment a driver elsewhere needs, to open the same."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}
