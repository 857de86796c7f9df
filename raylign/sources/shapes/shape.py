"""A shape: what the columns of a well-known kind of data mean. And what several of them need."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from raylign.errors import SpecError
from raylign.spec.telling import shown

Values = Mapping[str, Any]
"""A row's columns."""
Turns = list[dict[str, str]]
"""Of a conversation: ``{"role": ..., "content": ...}`` each."""
Parts = dict[str, Any]
"""What a row says: ``prompt`` or ``messages``, perhaps ``baseline`` and ``metadata``."""

ROLES = {"system", "user", "assistant", "tool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of data. Columns that it does not take are metadata."""

    name: str
    """What people call it."""
    takes: frozenset[str]
    """Columns that it reads."""
    means: str
    """What it makes of them, for people."""
    fits: Callable[[Values], bool]
    """Whether a row is of this shape; asked of the first of a file."""
    read: Callable[[Values, str], Parts]
    """What a row says. Raises `SpecError` that names its place, the second argument, where it is of another shape."""


def text(values: Values, column: str, place: str) -> str:
    """What stands in a column. Raises `SpecError` where that is no text, or empty."""
    value = values.get(column)
    if not (isinstance(value, str) and value):
        raise SpecError(f"{place}: `{column}` must be text that is not empty, it is {shown(value)}")
    return value


def turns(value: Any, place: str, *, column: str) -> Turns:
    """A conversation as chat templates take it; JSON text of one, as CSV holds it, too.

    Of content that is in parts its texts are joined. Raises `SpecError` for what is no text.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise SpecError(f"{place}: `{column}` is not JSON: {error}") from None
    if not isinstance(value, list) or not value:
        raise SpecError(f"{place}: `{column}` must be a list of turns that is not empty, it is {shown(value)}")
    return [_turn(turn, place) for turn in value]


def is_conversation(value: Any) -> bool:
    """Whether it is a list of turns; they may yet be wrong ones."""
    return isinstance(value, list) and bool(value) and all(isinstance(turn, dict) and "role" in turn for turn in value)


def answered(messages: Turns) -> tuple[Turns, str | None]:
    """The turns up to the assistant's last one, and that one where it comes last."""
    if messages[-1]["role"] == "assistant":
        return messages[:-1], messages[-1]["content"]
    return messages, None


def _turn(turn: Any, place: str) -> dict[str, str]:
    if isinstance(turn, dict):
        role = "system" if turn.get("role") == "developer" else turn.get("role")
        content = turn.get("content")
        if isinstance(content, list) and content and all(map(_is_text_part, content)):
            content = "".join(part["text"] for part in content)
        others = {key for key, value in turn.items() if value is not None} - {"role", "content", "name", "weight"}
        if isinstance(role, str) and role in ROLES and isinstance(content, str) and not others:
            return {"role": role, "content": content}
    raise SpecError(
        f'{place}: a turn is {{"role": ..., "content": ...}} with a role of {sorted(ROLES)}, not {shown(turn)}'
    )


def _is_text_part(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
