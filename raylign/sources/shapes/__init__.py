"""Shapes of data that are known by their columns: a file each, and a line here, the narrower ones first."""

import difflib
from collections.abc import Mapping
from typing import Any

from raylign.errors import SpecError
from raylign.sources.shapes.chat import CHAT, COMPLETION
from raylign.sources.shapes.gsm8k import GSM8K
from raylign.sources.shapes.ifeval import IFEVAL
from raylign.sources.shapes.plain import PLAIN
from raylign.sources.shapes.preference import HH, OPENAI, TRL
from raylign.sources.shapes.programs import HUMANEVAL, MBPP
from raylign.sources.shapes.rated import RATED
from raylign.sources.shapes.shape import Shape
from raylign.spec.telling import shown

SHAPES: tuple[Shape, ...] = (
    IFEVAL,
    HUMANEVAL,
    MBPP,
    GSM8K,
    HH,
    TRL,
    OPENAI,
    RATED,
    COMPLETION,
    CHAT,
    PLAIN,
)

_PROMPTS = ("question", "instruction", "problem", "query", "input", "text", "user", "request", "task")
"""What columns of prompts are often called."""


def recognise(values: Mapping[str, Any], place: str) -> Shape:
    """The shape of a file by its first row. Raises `SpecError` that says how to name its columns."""
    if values.keys() <= PLAIN.takes and "prompt" in values and isinstance(values["prompt"], str):
        return PLAIN
    for shape in SHAPES:
        if shape.fits(values):
            return shape
    lowered = {name.lower(): name for name in values}
    near = difflib.get_close_matches("prompt", values, n=1)
    likely = next((lowered[name] for name in _PROMPTS if name in lowered), near[0] if near else "COLUMN")
    named = ", ".join(map(shown, list(values)[:12])) or "none"
    raise SpecError(
        f"{place} must have either `prompt` or `messages`, it has neither, and is of no known shape; its columns: "
        f"{named}. Say which is the prompt: `columns: {{prompt: {likely}}}`"
    )
