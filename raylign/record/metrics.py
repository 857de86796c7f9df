"""The numbers of an event under flat names, for curves and tables."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from raylign.record.events.payloads import EvaluationDone, Payload, StepDone, wire


def flat_metrics(said: Payload | None) -> dict[str, float | None]:
    """The numbers of a step or an evaluation; what else is said has none.

    Example: ``{"math/satisfied": 0.71, "math/judges/answer": 0.8, "train/loss": 0.02, "seconds/generate": 0.3}``;
    an evaluation's names start with ``evaluation/``. What is not a finite number is None.
    """
    match said:
        case StepDone():
            data = wire(said)
            plain = {key: value for key, value in data.items() if key not in ("step", "steps", "tasks", "stage")}
            return _flatten({**data["tasks"], **plain}, "")
        case EvaluationDone():
            return _flatten(wire(said)["tasks"], "evaluation/")
    return {}


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the values that are there; None where none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _flatten(tree: Mapping[str, Any], prefix: str) -> dict[str, float | None]:
    flat: dict[str, float | None] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}/")
        elif value is None:
            flat[f"{prefix}{key}"] = None
        elif isinstance(value, int | float):
            flat[f"{prefix}{key}"] = float(value) if math.isfinite(value) else None
    return flat
