"""What of a job's settings names a place: models and files, wherever they stand."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

S = TypeVar("S", bound=BaseModel)

KEYS = ("path", "model")
"""Settings that name a place."""
FREE = ("when", "json_schema", "columns")
"""Mappings whose keys are a user's own: a `path` there is no path of the job's."""


def replaced(settings: S, place: Callable[[str, str], str]) -> S:
    """The same settings with ``place(key, value)`` wherever one of `KEYS` has a text."""

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: item if name in FREE else walk(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return place(key, value) if key in KEYS and isinstance(value, str) else value

    return type(settings).model_validate(walk(json.loads(settings.model_dump_json())))
