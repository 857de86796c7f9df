"""Rows as the policy reads them: through its chat template where they are conversations, in its tokens."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from jinja2 import TemplateError

from raylign.conversation import Templated, after_system, templated
from raylign.errors import SpecError
from raylign.types import Message, Prompt
from raylign.workers import Roles

NONE: Mapping[str, Any] = MappingProxyType({})
SPECIAL = 8
"""Tokens that a tokenizer puts about a text, at most."""
PROBE = 100
"""Characters by which the turns of a template's second probe are longer."""


class Tokenizer(Templated, Protocol):
    """The few things asked of a Hugging Face tokenizer."""

    chat_template: str | None
    eos_token_id: int | None

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """How the rows of a task become prompts."""

    task: str
    tokenizer: Tokenizer
    limit: int
    """Tokens that a prompt may have."""
    system: str | None = None
    """Put before a conversation that has no such turn; it makes one of a plain prompt."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Of the chat template."""

    def prompt(self, number: int, row: Mapping[str, Any]) -> Prompt:
        """The row's prompt. Raises `SpecError` where there is no chat template for what needs one, where it refuses a
        conversation, or the prompt leaves no room to answer."""
        messages, text = self._text(number, row)
        token_ids = self._encode(text, row)
        if len(token_ids) > self.limit:
            raise SpecError(
                f"task {self.task!r}, prompt {number}: {len(token_ids)} tokens leave no room for an answer, the limit "
                f"is {self.limit}; shorten it, or lower `max_tokens`, or raise `rollout.context_tokens`"
            )
        return Prompt(
            task=self.task,
            id=f"{self.task}/{number}",
            text=text,
            question=next((turn["content"] for turn in reversed(messages) if turn["role"] == "user"), text),
            messages=messages,
            token_ids=token_ids,
            templated=self.is_templated(row),
            baseline=row.get("baseline"),
            metadata=row.get("metadata", {}),
        )

    def is_too_long(self, number: int, row: Mapping[str, Any]) -> bool:
        """Raises `SpecError` as `prompt` does, for another reason."""
        return self.reading(number, row)[1] > self.limit

    def reading(self, number: int, row: Mapping[str, Any]) -> tuple[str, int]:
        """The text that the policy reads, and how many tokens that is. Raises `SpecError` as `is_too_long` does."""
        _, text = self._text(number, row)
        return text, len(self._encode(text, row))

    def frame(self, number: int, row: Mapping[str, Any]) -> "Frame":
        """Of all rows with the roles of this one. Raises `SpecError` as `prompt` does, for roles that have no form.

        A token is a byte of its text at least, or of what the text is decomposed into; what a chat template adds is
        seen here once.
        """
        messages, _ = self._text(number, row)  # raises what is to be said of such rows
        roles = tuple(turn["role"] for turn in messages)
        if not self.is_templated(row):
            return Frame(roles=roles, tokens=SPECIAL, times=1)
        short, long = (
            len(self._apply_template(number, [{"role": role, "content": "a" * letters} for role in roles]).encode())
            for letters in (1, 1 + PROBE)
        )
        times = max(1, -(-(long - short) // (PROBE * len(roles))))
        system = sum(most_tokens(turn["content"]) for turn in messages) - size(row)
        return Frame(roles=roles, tokens=short + times * system + SPECIAL, times=times)

    def is_templated(self, row: Mapping[str, Any]) -> bool:
        """Whether it goes through the chat template; else the policy reads its text as it is."""
        return self.system is not None or "messages" in row

    def _messages(self, row: Mapping[str, Any]) -> tuple[Message, ...]:
        return after_system(tuple(row.get("messages") or [{"role": "user", "content": row["prompt"]}]), self.system)

    def _text(self, number: int, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str]:
        messages = self._messages(row)
        if self.is_templated(row):
            return messages, self._apply_template(number, messages)
        if self.arguments:
            raise SpecError(
                f"task {self.task!r}, prompt {number} is plain text, which no template renders: leave out "
                "`chat_template_kwargs`, give the prompt as `messages`, or the task a `system`"
            )
        return messages, row["prompt"]

    def _encode(self, text: str, row: Mapping[str, Any]) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=not self.is_templated(row)))

    def _apply_template(self, number: int, messages: Sequence[Message]) -> str:
        if not self.tokenizer.chat_template:
            raise SpecError(
                f"task {self.task!r}, prompt {number} has `messages`, but the policy's tokenizer has no chat template: "
                "use `prompt` without a `system`, or a model with a template"
            )
        given = dict(self.arguments)
        try:
            return templated(self.tokenizer, messages, add_generation_prompt=True, **given)
        except (TemplateError, TypeError, ValueError) as error:  # what a template may raise of what it is given
            roles = ", ".join(turn["role"] for turn in messages)
            raise SpecError(
                f"task {self.task!r}, prompt {number}: the policy's chat template does not take turns of {roles}"
                f"{f' with {given}' if given else ''} ({error})"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is around what rows say, of those that have the same roles."""

    roles: Roles
    """Of the prompt's turns, a system's put before them included."""
    tokens: int
    """At most."""
    times: int
    """How often a template says what a turn holds."""

    def tokens_at_most(self, size: int) -> int:
        """Of a prompt whose row says what has `size` tokens at most. Costs no tokenising."""
        return self.tokens + self.times * size


def size(row: Mapping[str, Any]) -> int:
    """Tokens that what a row says has at most, in any vocabulary."""
    if "prompt" in row:
        return most_tokens(row["prompt"])
    return sum(most_tokens(turn["content"]) for turn in row["messages"])


def most_tokens(text: str) -> int:
    """A token is a byte of its text at least, or of what the text is decomposed into."""
    if text.isascii():
        return len(text)
    return max(len(text.encode()), len(unicodedata.normalize("NFKD", text).encode()))
