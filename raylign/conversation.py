"""Conversations: after a system's turn, through a chat template, and as plain text for readers without one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

DAY = datetime(2024, 7, 26)
"""What day it is for every chat template: some write today's date, and a run that goes on tomorrow must read what it
would have read today."""


class Templated(Protocol):
    """A tokenizer with a chat template."""

    def apply_chat_template(self, conversation: Any, *, tokenize: bool, **arguments: Any) -> Any: ...


def templated(tokenizer: Templated, messages: Sequence[Mapping[str, str]], **arguments: Any) -> str:
    """As the tokenizer's own template has them. ``arguments``: of the template. Raises what it raises."""
    told = {"strftime_now": DAY.strftime, **arguments}
    text: str = tokenizer.apply_chat_template(list(messages), tokenize=False, **told)
    return text


def transcript(messages: Sequence[Mapping[str, str]]) -> str:
    r"""``"User: Hi\n\nAssistant: Hello"``: each turn under its role, an empty line between them."""
    return "\n\n".join(f"{turn['role'].capitalize()}: {turn['content']}" for turn in messages)


def after_system(messages: tuple[Mapping[str, str], ...], system: str | None) -> tuple[Mapping[str, str], ...]:
    """With a system's turn before them, where there is one to put there and none yet."""
    if system is None or any(turn["role"] == "system" for turn in messages):
        return messages
    return ({"role": "system", "content": system}, *messages)
