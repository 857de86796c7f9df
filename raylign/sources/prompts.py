"""Prompts files: read them line by line, say which line is wrong, render and tokenise for the policy."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from raylign.errors import SpecError
from raylign.files import parse_line, text_lines
from raylign.sources.canaries import Canary
from raylign.spec.prompts import Prompts
from raylign.spec.telling import shown
from raylign.types import Message, Prompt

ROW_KEYS = {"prompt", "messages", "baseline", "metadata"}
ROLES = {"system", "user", "assistant", "tool"}

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


def rows(prompts: Prompts, *, need_baseline: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """``(line, row)`` of a JSON Lines file, checked, one at a time. ``need_baseline``: every row must hold one.

    Raises `SpecError` naming the file, the line and what is wrong with it, when it comes there.
    """
    path = Path(prompts.path)
    found = 0
    for number, line in text_lines(path, "prompts file"):
        yield number, _read_row(line, f"{path}, line {number}", need_baseline)
        found += 1
        if found == prompts.limit:
            return
    if not found:
        raise SpecError(f'{path} holds no prompts: give it lines like {{"prompt": "..."}}')


def _read_row(line: str, place: str, need_baseline: bool) -> dict[str, Any]:
    row = parse_line(line, place)
    if not isinstance(row, dict):
        raise SpecError(f"{place} must be an object with `prompt` or `messages`, it is {type(row).__name__}")
    if "\\u" in line:  # the one way to write half a character in UTF-8 text
        _check_encodable(row, place)
    if not row.keys() <= ROW_KEYS:
        unknown = shown(min(row.keys() - ROW_KEYS))
        raise SpecError(f"{place} has unknown key {unknown}; put what judges need under `metadata`")
    if ("prompt" in row) == ("messages" in row):
        raise SpecError(
            f"{place} must have either `prompt` or `messages`, it has {'both' if 'prompt' in row else 'neither'}"
        )
    if "prompt" in row and not (isinstance(row["prompt"], str) and row["prompt"]):
        raise SpecError(f"{place}: `prompt` must be text that is not empty, it is {shown(row['prompt'])}")
    if "messages" in row:
        _check_messages(row["messages"], place)
    if not isinstance(row.get("metadata", {}), dict):
        raise SpecError(f"{place}: `metadata` must be an object, it is {shown(row['metadata'])}")
    baseline = row.get("baseline")
    if not (baseline is None or isinstance(baseline, str)):
        raise SpecError(f"{place}: `baseline` must be text, it is {shown(baseline)}")
    if need_baseline and not baseline:
        raise SpecError(f"{place} has no `baseline`, which the task asks for with `baseline: data`")
    return row


def _check_encodable(row: dict[str, Any], place: str) -> None:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise SpecError(
            f"{place} holds half a character, U+{ord(error.object[error.start]):04X}, which no tokenizer takes: write "
            "both halves of the pair, or leave it out"
        ) from None


def _check_messages(messages: Any, place: str) -> None:
    if not isinstance(messages, list) or not messages:
        raise SpecError(f"{place}: `messages` must be a list of turns that is not empty, it is {shown(messages)}")
    for turn in messages:
        fits = isinstance(turn, dict) and set(turn) == {"role", "content"} and isinstance(turn["content"], str)
        if not fits or turn["role"] not in ROLES:
            raise SpecError(
                f'{place}: a turn is {{"role": ..., "content": ...}} with a role of {sorted(ROLES)}, not {shown(turn)}'
            )
    if messages[-1]["role"] == "assistant":
        raise SpecError(f"{place}: the last turn is the assistant's; the policy has nothing to answer")


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
