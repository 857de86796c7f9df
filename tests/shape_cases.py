"""Rows of well-known shapes: whether one is taken for what it is, and what another one is told."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from raylign.errors import SpecError
from raylign.sources.shapes import recognise

USER, OTHER = {"role": "user", "content": "hi"}, {"role": "user", "content": "and?"}
YES, NO = {"role": "assistant", "content": "yes"}, {"role": "assistant", "content": "no"}
PREFERRED = {"messages": [USER], "baseline": "yes", "metadata": {"rejected": "no"}}
PARTS = {"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]}
DIALOGUE = "\n\nHuman: hi\n\nAssistant: "


def check_known(name: str, row: Mapping[str, Any], means: Mapping[str, Any]) -> None:
    """It is recognised by its columns, and read."""
    shape = recognise(row, "here")
    assert (shape.name, shape.read(row, "here")) == (name, means)


def check_refused(first: Mapping[str, Any], row: Mapping[str, Any], says: str) -> None:
    """It is not of the shape of the file's first row."""
    shape = recognise(first, "line 1")
    with pytest.raises(SpecError, match=f"^line 2.*{re.escape(says)}"):
        shape.read(row, "line 2")
