"""Explanations as the policy gives them, on the way to anchored pairs: rows that `raylign.sources.scored` reads, and
what its consultant is asked (Villa-Arenas et al., arXiv 2410.13216, sections 2 and 3)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from raylign.sources.anchors import choice_of
from raylign.types import Group, Prompt

CONSULT = (
    "The right choice is {gold}. Argue for it as a consultant would who is convinced of it: briefly, on the evidence, "
    "step by step. Give the explanation alone."
)
"""Ours: the paper shows no such prompt."""


def gold_of(prompt: Prompt, key: str) -> str | None:
    """The right choice, by the row's metadata; None where it has none."""
    said: Any = prompt.metadata.get(key)
    if isinstance(said, int | float) and not isinstance(said, bool):
        return str(said)
    return said.strip() if isinstance(said, str) and said.strip() else None


def scored_rows(groups: Sequence[Group], key: str, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """A row of each prompt whose right choice is known: its samples, the task's reward as their score, null where that
    abstained. ``counts``: prompts by what becomes of them."""
    for group in groups:
        if (gold := gold_of(group.prompt, key)) is None:
            counts["no right choice given"] += 1
            continue
        right = sum(choice_of(sample.completion.text) == gold for sample in group.samples)
        counts["all right" if right == len(group.samples) else "some right" if right else "none right"] += 1
        samples = [{"response": one.completion.text, "score": one.reward} for one in group.samples]
        yield {**group.prompt.asked, "answer": gold, "samples": samples, "consultant": None}


def none_right(row: Mapping[str, Any]) -> bool:
    """Whether its pair needs a consultant."""
    return all(choice_of(one["response"]) != row["answer"] for one in row["samples"])


def consulting(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the consultant is asked of a row: the prompt, and which choice to argue for."""
    told = CONSULT.format(gold=row["answer"])
    if "prompt" in row:
        return {"prompt": f"{row['prompt']}\n\n{told}\n\n"}
    *before, last = row["messages"]
    return {"messages": [*before, {**last, "content": f"{last['content']}\n\n{told}"}]}
