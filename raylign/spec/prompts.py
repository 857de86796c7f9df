"""Where prompts come from."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from raylign import bounds
from raylign.settings import Spec

HUB = "hf://"
"""What the path of a dataset on the Hugging Face hub begins with."""
DATASET = "dataset://"
"""What the path of data begins with that was uploaded to a gateway, ``dataset://NAME``: it puts the file there."""
MODEL = "model://"
"""What the name of a model begins with that a gateway knows, ``model://NAME``: it puts the directory there."""
_NAME = re.compile(r"([a-zA-Z0-9][\w.-]{0,95}/)?[a-zA-Z0-9][\w.-]{0,95}", re.ASCII)
Column = Annotated[str, Field(min_length=1, max_length=bounds.NAME)]


class Prompts(Spec):
    """Where a task's prompts come from."""

    path: bounds.Data
    """A file (JSON Lines, JSON, CSV, parquet; text ones also as ``.gz``), a directory or glob of them, a dataset that
    `datasets` saved, ``hf://org/name`` for one of the Hugging Face hub, or ``dataset://NAME`` for one that was uploaded
    to the gateway which the job is sent to.

    A row has ``prompt`` or ``messages``, and may have ``baseline`` and ``metadata``, or is of a known shape
    (docs/data.md). Its other columns are metadata."""
    columns: dict[Column, Column] = Field(default_factory=dict, max_length=bounds.NAMES)
    """What the file calls things: ``{prompt: question, answer: solution}``."""
    split: str | None = Field(default=None, min_length=1, max_length=bounds.NAME)
    """Which part of a dataset that has several, ``test``; by default ``train``."""
    subset: str | None = Field(default=None, min_length=1, max_length=bounds.NAME)
    """Which configuration of a dataset of the hub, where it has several."""
    limit: int | None = Field(default=None, ge=1, le=bounds.PROMPTS)
    """Use only the first so many rows."""
    too_long: Literal["drop", "refuse"] = "drop"
    """What becomes of prompts that leave no room for a response: they are left out and counted, or end the run before
    it begins."""

    @field_validator("path")
    @classmethod
    def _of_the_hub(cls, path: str) -> str:
        if path.startswith(HUB) and not _NAME.fullmatch(path.removeprefix(HUB)):
            raise ValueError(
                f"after `{HUB}` comes the name of a dataset, org/name; a file or directory is named without"
            )
        return path
