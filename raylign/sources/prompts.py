"""Prompts files: read them line by line, say which line is wrong, render and tokenise for the policy."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from raylign.errors import SpecError
from raylign.sources.canaries import Canary
from raylign.types import Message, Prompt

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

    def apply_chat_template(self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool) -> Any: ...


def render(task: str, rows: Iterable[dict[str, Any]], tokenizer: Tokenizer, *, max_prompt_tokens: int) -> list[Prompt]:
    """Rows as the policy reads them, one after the other: a row is not kept beside its prompt.

    Raises `SpecError` where messages need a chat template the tokenizer has not, or a prompt leaves no room to answer.
    """
    prompts = []
    for index, row in enumerate(rows):
        messages: tuple[Message, ...] = tuple(row.get("messages") or [{"role": "user", "content": row["prompt"]}])
        text = _apply_template(task, index, messages, tokenizer) if "messages" in row else row["prompt"]
        token_ids = tuple(tokenizer.encode(text, add_special_tokens="messages" not in row))
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
                templated="messages" in row,
                baseline=row.get("baseline"),
                metadata=row.get("metadata", {}),
            )
        )
    return prompts


def _apply_template(task: str, index: int, messages: tuple[Message, ...], tokenizer: Tokenizer) -> str:
    if not tokenizer.chat_template:
        raise SpecError(
            f"task {task!r}, prompt {index} has `messages`, but the policy's tokenizer has no chat template: "
            "use `prompt`, or a model with a template"
        )
    return tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
