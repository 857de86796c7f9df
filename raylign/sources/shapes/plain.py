"""raylign's own rows, which are also TRL's prompt-only ones: a prompt as text, or as the turns of a conversation."""

import json
from typing import Any

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Turns, Values, is_conversation, turns
from raylign.spec.telling import shown

KEYS = frozenset({"prompt", "messages", "baseline", "metadata"})


def _read(values: Values, place: str) -> Parts:
    parts = dict(values) if values.keys() <= KEYS else {key: value for key, value in values.items() if key in KEYS}
    if ("prompt" in parts) == ("messages" in parts):
        raise SpecError(
            f"{place} must have either `prompt` or `messages`, it has {'both' if 'prompt' in parts else 'neither'}"
        )
    if "messages" in parts:
        parts["messages"] = _conversation(parts["messages"], place)
    elif isinstance(prompt := parts["prompt"], str) and prompt:
        pass
    elif is_conversation(prompt):
        parts["messages"] = turns(parts.pop("prompt"), place, column="prompt")
    else:
        raise SpecError(f"{place}: `prompt` must be text that is not empty, it is {shown(parts['prompt'])}")
    if "metadata" in parts:
        parts["metadata"] = _metadata(parts["metadata"], place)
    baseline = parts.get("baseline")
    if not (baseline is None or isinstance(baseline, str)):
        raise SpecError(f"{place}: `baseline` must be text, it is {shown(baseline)}")
    return parts


def _conversation(value: Any, place: str) -> Turns:
    """Text under this name, as a column of questions holds it, is the user's turn."""
    if isinstance(value, str) and value.strip() and not value.lstrip().startswith("["):
        return [{"role": "user", "content": value}]
    return turns(value, place, column="messages")


def _metadata(value: Any, place: str) -> dict[str, Any]:
    if isinstance(value, str) and value.startswith("{"):  # a cell of a CSV file
        try:
            value = json.loads(value)
        except ValueError as error:
            raise SpecError(f"{place}: `metadata` is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SpecError(f"{place}: `metadata` must be an object, it is {shown(value)}")
    return value


PLAIN = Shape(
    name="prompts",
    takes=KEYS,
    means="`prompt` or `messages` is the prompt",
    fits=lambda values: "prompt" in values or "messages" in values,
    read=_read,
)
