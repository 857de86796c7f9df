"""Conversations with their answer: OpenAI's chat JSON Lines, and TRL's conversational ones."""

from typing import Any

from raylign.errors import SpecError
from raylign.sources.shapes.shape import Parts, Shape, Values, answered, is_conversation, text, turns


def _fits_chat(values: Values) -> bool:
    messages: Any = values.get("messages")
    return is_conversation(messages) and messages[-1]["role"] == "assistant"


def _read_chat(values: Values, place: str) -> Parts:
    messages, answer = answered(turns(values.get("messages"), place, column="messages"))
    if not messages:
        raise SpecError(f"{place}: `messages` has an answer and no question")
    return {"messages": messages} | ({} if answer is None else {"baseline": answer})


CHAT = Shape(
    name="OpenAI chat",
    takes=frozenset({"messages"}),
    means="`messages` up to the last answer is the prompt, that answer the baseline",
    fits=_fits_chat,
    read=_read_chat,
)


def _read_completion(values: Values, place: str) -> Parts:
    if is_conversation(values.get("prompt")):
        _, answer = answered(turns(values.get("completion"), place, column="completion"))
        return {"messages": turns(values["prompt"], place, column="prompt"), "baseline": answer}
    return {"prompt": text(values, "prompt", place), "baseline": text(values, "completion", place)}


COMPLETION = Shape(
    name="TRL prompt-completion",
    takes=frozenset({"prompt", "completion"}),
    means="`prompt` is the prompt, `completion` the baseline",
    fits=lambda values: {"prompt", "completion"} <= values.keys(),
    read=_read_completion,
)
