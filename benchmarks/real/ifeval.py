"""Prompts of IFEval (Zhou et al., arXiv 2311.07911) that a short answer can meet, 25 kinds of requirement mixed.

A third is held out. Left out is what asks for more than ``MAX_TOKENS`` of `benchmarks.real.sets` hold: many words,
sentences or paragraphs, the prompt said again, two responses, JSON.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONG = ("combination:repeat_prompt", "combination:two_responses", "detectable_format:json_format")
MOST = {
    "num_words": 60,
    "num_sentences": 6,
    "num_paragraphs": 3,
    "num_bullets": 4,
    "num_sections": 3,
    "num_placeholders": 3,
    "num_highlights": 3,
}
"""Of what a prompt asks at least."""
LONGEST_PROMPT = 400
"""Characters: about 96 tokens."""
EVERY = 3
"""One prompt of so many is held out."""


def rows(*, held_out: bool) -> Iterator[dict[str, Any]]:
    """Prompts with what `raylign.judges.rules.following` reads."""
    file = Path(os.environ.get("RAYLIGN_REFERENCE_DATA", "../shared/data")) / "ifeval" / "prompts.jsonl"
    fitting = [row for row in map(json.loads, file.read_text().splitlines()) if short(row)]
    for at, row in enumerate(fitting):
        if (at % EVERY == 0) == held_out:
            said = zip(row["instruction_id_list"], row["kwargs"], strict=True)
            yield {
                "messages": [{"role": "user", "content": row["prompt"]}],
                "metadata": {"if_requirements": [{"id": name, "kwargs": kwargs} for name, kwargs in said]},
            }


def short(row: dict[str, Any]) -> bool:
    """Whether a short answer can meet all of it."""
    asked = zip(row["instruction_id_list"], row["kwargs"], strict=True)
    return len(row["prompt"]) <= LONGEST_PROMPT and all(
        name not in LONG
        and (kwargs.get("relation") == "less than" or all(kwargs.get(key, 0) <= most for key, most in MOST.items()))
        for name, kwargs in asked
    )
