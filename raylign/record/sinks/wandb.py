"""Weights & Biases."""

from collections.abc import Mapping
from pathlib import Path

from raylign.record.sinks.sink import Sink, library


class WeightsAndBiases(Sink):
    """A run of project ``raylign``; account, server and offline mode come from wandb's own environment variables."""

    def __init__(self, directory: Path, name: str) -> None:
        self._run = library("wandb").init(project="raylign", name=name, dir=str(directory))

    def _add(self, step: int, points: Mapping[str, float]) -> None:
        self._run.log(points, step=step)

    def rewind(self, next_step: int) -> None:
        """Nothing: W&B takes no point of a step before its last one."""

    def close(self) -> None:
        self._run.finish()
