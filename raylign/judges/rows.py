"""Rows of a file that judges are tried on: ``{"prompt" or "messages", "response", "metadata", "baseline", "gold"}``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import parse_line, text_lines
from raylign.judges.rules.rule import Case
from raylign.types import Message, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledRow:
    """A prompt, a response to it, and what a judge should say."""

    prompt: Prompt
    """Without tokens: only the policy reads these."""
    response: str
    gold: bool | None
    """Whether the response satisfies; None where nobody said."""

    @property
    def case(self) -> Case:
        """What a rule reads of it."""
        return Case(response=self.response, prompt=self.prompt.question, metadata=self.prompt.metadata)


def labeled_rows(path: Path, what: str, *, task: str = "") -> Iterator[tuple[int, LabeledRow]]:
    """``(line, row)`` of a JSON Lines file, one at a time. Raises `SpecError` that names the line.

    ``what``: how messages call the file. ``task``: to whose prompts theirs are to be likened.
    """
    for line, text in text_lines(path, what):
        place = f"{path}, line {line}"
        yield line, read_row(parse_line(text, place), place, task=task)


def read_row(row: Any, place: str, *, task: str = "") -> LabeledRow:
    """What a judge reads of a row. Raises `SpecError` that names its ``place``."""
    match row:
        case {"response": str(response), **rest}:
            metadata = rest.get("metadata") or {}
            if not isinstance(metadata, Mapping):
                raise SpecError(f"{place}: `metadata` is {type(metadata).__name__}, it must be a mapping")
            gold, baseline = rest.get("gold"), rest.get("baseline")
            if not (baseline is None or isinstance(baseline, str)):
                raise SpecError(f"{place}: `baseline` must be a text, it is {type(baseline).__name__}")
            messages = _messages(rest, place)
            question = next((turn["content"] for turn in reversed(messages) if turn["role"] == "user"), "")
            prompt = Prompt(
                task=task,
                id=place,
                text=question,
                question=question,
                messages=messages,
                token_ids=(),
                baseline=baseline,
                metadata=metadata,
            )
            return LabeledRow(prompt=prompt, response=response, gold=gold if isinstance(gold, bool) else None)
    raise SpecError(f"{place} has no `response` text: a row is {{'prompt', 'response', 'metadata', 'gold'}}")


def _messages(row: Mapping[Any, Any], place: str) -> tuple[Message, ...]:
    match row:
        case {"messages": [*turns]}:
            for turn in turns:
                match turn:
                    case {"role": str(), "content": str()}:
                        pass
                    case _:
                        raise SpecError(f'{place}: a turn of `messages` is {{"role": ..., "content": ...}}, both texts')
            return tuple({"role": turn["role"], "content": turn["content"]} for turn in turns)
        case {"prompt": str(prompt)}:
            return ({"role": "user", "content": prompt},)
        case {"prompt": prompt} if prompt is not None:
            raise SpecError(f"{place}: `prompt` must be a text, it is {type(prompt).__name__}")
        case {"messages": messages} if messages is not None:
            raise SpecError(f"{place}: `messages` must be a list of turns, it is {type(messages).__name__}")
    return ()
