"""Prompts files: read them line by line, say which line is wrong, render and tokenise for the policy."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from jinja2 import TemplateError

from raylign.conversation import after_system
from raylign.errors import SpecError
from raylign.sources.canaries import Canary
from raylign.types import Message, Prompt

NONE: Mapping[str, Any] = MappingProxyType({})

Encode = Callable[[Prompt], tuple[int, ...]]
"""Token ids of a prompt's golden response in the policy's vocabulary, end included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All prompts of a run, by task."""

    prompts: Mapping[str, Sequence[Prompt]]
    eval_prompts: Mapping[str, Sequence[Prompt]]
    canaries: Mapping[tuple[str, str], Sequence[Canary]] = field(default_factory=dict)
    """By task and judge."""


class Tokenizer(Protocol):
    """The few things asked of a Hugging Face tokenizer."""

    chat_template: str | None
    eos_token_id: int | None

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...

    def apply_chat_template(
        self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool, **arguments: Any
    ) -> Any: ...


def render(
    task: str,
    rows: Iterable[dict[str, Any]],
    tokenizer: Tokenizer,
    *,
    max_prompt_tokens: int,
    system: str | None = None,
    arguments: Mapping[str, Any] = NONE,
) -> list[Prompt]:
    """Rows as the policy reads them, one after the other: a row is not kept beside its prompt.

    ``system``: put before a conversation that has no such turn; it makes one of a plain prompt. ``arguments``: of the
    chat template. Raises `SpecError` where there is no chat template for what needs one, where it refuses a
    conversation, or a prompt leaves no room to answer.
    """
    prompts = []
    for index, row in enumerate(rows):
        messages: tuple[Message, ...] = tuple(row.get("messages") or [{"role": "user", "content": row["prompt"]}])
        messages = after_system(messages, system)
        templated = system is not None or "messages" in row
        if templated:
            text = _apply_template(task, index, messages, tokenizer, arguments)
        elif arguments:
            raise SpecError(
                f"task {task!r}, prompt {index} is plain text, which no template renders: leave out "
                "`chat_template_kwargs`, give the prompt as `messages`, or the task a `system`"
            )
        else:
            text = row["prompt"]
        token_ids = tuple(tokenizer.encode(text, add_special_tokens=not templated))
        if len(token_ids) > max_prompt_tokens:
            raise SpecError(
                f"task {task!r}, prompt {index}: {len(token_ids)} tokens leave no room for an answer, the limit is "
                f"{max_prompt_tokens}; shorten it, or lower `max_tokens`, or raise `rollout.context_tokens`"
            )
        prompts.append(
            Prompt(
                task=task,
                id=f"{task}/{index}",
                text=text,
                question=next((turn["content"] for turn in reversed(messages) if turn["role"] == "user"), text),
                messages=messages,
                token_ids=token_ids,
                templated=templated,
                baseline=row.get("baseline"),
                metadata=row.get("metadata", {}),
            )
        )
    return prompts


def _apply_template(
    task: str, index: int, messages: tuple[Message, ...], tokenizer: Tokenizer, arguments: Mapping[str, Any]
) -> str:
    if not tokenizer.chat_template:
        raise SpecError(
            f"task {task!r}, prompt {index} has `messages`, but the policy's tokenizer has no chat template: "
            "use `prompt` without a `system`, or a model with a template"
        )
    try:
        return tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True, **arguments)
    except (TemplateError, TypeError, ValueError) as error:  # what a template may raise of what it is given
        roles = ", ".join(turn["role"] for turn in messages)
        raise SpecError(
            f"task {task!r}, prompt {index}: the policy's chat template does not take turns of {roles}"
            f"{f' with {dict(arguments)}' if arguments else ''} ({error})"
        ) from error
