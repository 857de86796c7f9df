"""Rated: a prompt with several responses, and a reward of each."""

import math
from typing import Any

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Values, is_conversation, text, turns
from raylign.spec.telling import shown


def _read(values: Values, place: str) -> Parts:
    responses, rewards = values.get("responses"), values.get("rewards")
    if not (isinstance(responses, list) and len(responses) > 1 and all(isinstance(one, str) for one in responses)):
        raise SpecError(f"{place}: `responses` must be a list of two texts or more, it is {shown(responses)}")
    if not (isinstance(rewards, list) and len(rewards) == len(responses) and all(map(_is_number, rewards))):
        raise SpecError(
            f"{place}: `rewards` must be a list of finite numbers, one of each of the {len(responses)} responses, "
            f"it is {shown(rewards)}"
        )
    metadata = {"responses": responses, "rewards": [float(one) for one in rewards]}
    column = "messages" if "messages" in values else "prompt"
    if is_conversation(values[column]):
        return {"messages": turns(values[column], place, column=column), "metadata": metadata}
    return {"prompt": text(values, column, place), "metadata": metadata}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


RATED = Shape(
    name="rated responses",
    takes=frozenset({"prompt", "messages", "responses", "rewards"}),
    means="`prompt` is the prompt, `responses` and `rewards` are metadata",
    fits=lambda values: (
        {"responses", "rewards"} <= values.keys() and not values.keys().isdisjoint({"prompt", "messages"})
    ),
    read=_read,
)
