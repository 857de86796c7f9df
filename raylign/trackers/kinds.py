"""All kinds of trackers, as a job names them: a union on ``type``, a line for every kind."""

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, get_args

from pydantic import Field

from raylign.errors import SpecError
from raylign.trackers.mlflow import MLflow
from raylign.trackers.tensorboard import TensorBoard
from raylign.trackers.tracker import Tracker
from raylign.trackers.wandb import WeightsAndBiases

AnyTracker = Annotated[TensorBoard | WeightsAndBiases | MLflow, Field(discriminator="type")]

KINDS: Mapping[str, type[Tracker]] = {
    kind.model_fields["type"].default: kind for kind in get_args(get_args(AnyTracker)[0])
}
"""By type."""
VARIABLE = "RAYLIGN_SINKS"
"""Of the environment: those that every run has, whatever its job says, ``wandb,mlflow``."""


def known(listed: str, *, whose: str) -> tuple[str, ...]:
    """Types with commas between them. Raises `SpecError` for one that is not known; ``whose`` words they are."""
    named = tuple(dict.fromkeys(filter(None, (one.strip() for one in listed.split(",")))))
    if unknown := [one for one in named if one not in KINDS]:
        raise SpecError(f"{whose} names {unknown[0]!r}, which is no tracker: known are {', '.join(KINDS)}")
    return named


def of_run(asked: Sequence[Tracker]) -> list[Tracker]:
    """Those of a run whose job asks for these: TensorBoard always, and what the environment names besides.

    Raises `SpecError` for a name of the environment that is not known.
    """
    always = (TensorBoard.model_fields["type"].default, *known(os.environ.get(VARIABLE, ""), whose=VARIABLE))
    by_type = {name: KINDS[name]() for name in always} | {tracker.label: tracker for tracker in asked}
    return list(by_type.values())


def setting() -> dict[str, str]:
    """What of the environment a driver elsewhere needs, to have the same."""
    return {VARIABLE: os.environ[VARIABLE]} if os.environ.get(VARIABLE) else {}
