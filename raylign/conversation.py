"""Conversations: after a system's turn, and as plain text for readers without a chat template."""

from collections.abc import Mapping, Sequence


def transcript(messages: Sequence[Mapping[str, str]]) -> str:
    r"""``"User: Hi\n\nAssistant: Hello"``: each turn under its role, an empty line between them."""
    return "\n\n".join(f"{turn['role'].capitalize()}: {turn['content']}" for turn in messages)


def after_system(messages: tuple[Mapping[str, str], ...], system: str | None) -> tuple[Mapping[str, str], ...]:
    """With a system's turn before them, where there is one to put there and none yet."""
    if system is None or any(turn["role"] == "system" for turn in messages):
        return messages
    return ({"role": "system", "content": system}, *messages)
