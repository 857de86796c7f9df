"""A conversation as plain text, for readers without a chat template."""

from collections.abc import Mapping, Sequence


def transcript(messages: Sequence[Mapping[str, str]]) -> str:
    r"""``"User: Hi\n\nAssistant: Hello"``: each turn under its role, an empty line between them."""
    return "\n\n".join(f"{turn['role'].capitalize()}: {turn['content']}" for turn in messages)
