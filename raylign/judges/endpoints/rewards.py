"""A service that rewards: rows in, numbers out.

``POST url`` with ``{"rows": [{"prompt", "messages", "response", "metadata"}, ...]}`` is answered by 200 and
``{"rewards": [0.5, null, ...]}``, as many as there were rows, in their order; null where it has no number to give.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from raylign.conversation import transcript
from raylign.judges.endpoints.line import MALFORMED, Line, Said
from raylign.types import Prompt

WRONG_COUNT = "endpoint: wrong count"
NO_NUMBER = "endpoint: no number"


def rate(calls: Line, rows: Sequence[tuple[Prompt, str]], *, most: int) -> list[float | str]:
    """The number of each (prompt, response), or why there is none. ``most``: rows of one request."""
    parts = [rows[start : start + most] for start in range(0, len(rows), most)]
    answers = calls.post_all([("", {"rows": [_row(*row) for row in part]}) for part in parts])
    return [value for part, said in zip(parts, answers, strict=True) for value in _values(said, len(part))]


def _row(prompt: Prompt, response: str) -> Mapping[str, Any]:
    whole = transcript(prompt.messages) if len(prompt.messages) > 1 else prompt.question
    return {
        "prompt": whole,
        "messages": [dict(turn) for turn in prompt.messages],
        "response": response,
        "metadata": prompt.metadata,
    }


def _values(said: Said, count: int) -> list[float | str]:
    if isinstance(said, str):
        return [said] * count
    values = said.get("rewards")
    if not isinstance(values, list):
        return [MALFORMED] * count
    if len(values) != count:
        return [WRONG_COUNT] * count
    return [_value(value) for value in values]


def _value(value: Any) -> float | str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NO_NUMBER
    try:
        return float(value) if math.isfinite(value) else NO_NUMBER
    except OverflowError:
        return NO_NUMBER
