"""JSON Lines: an object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import parse_line, text_lines
from raylign.sources.formats.row import Row


def read(path: Path) -> Iterator[Row]:
    name = str(path)
    for number, line in text_lines(path, "prompts file"):
        place = f"{name}, line {number}"
        value = parse_line(line, place)
        if "\\u" in line:
            require_encodable(value, place)
        yield Row(number, place, require_object(value, place))


def require_object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SpecError(f"{place} must be an object with `prompt` or `messages`, it is {type(value).__name__}")
    return value


def require_encodable(value: Any, place: str) -> None:
    r"""``\uD800`` is the one way to write half a character in UTF-8 text."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise SpecError(
            f"{place} holds half a character, U+{ord(error.object[error.start]):04X}, which no tokenizer takes: write "
            "both halves of the pair, or leave it out"
        ) from None
