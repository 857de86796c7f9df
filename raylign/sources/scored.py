"""Files of scored samples, a prompt a line, and the file of pairs that comes of them.

    {"prompt": ..., "answer": "B", "samples": [{"response": ..., "score": 3.6}, ...], "consultant": ...}

``messages`` may stand in the prompt's place. A sample without a score (the judge's verdict could not be read) is left
out and counted; one without a choice that can be read is wrong.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raylign.errors import SpecError
from raylign.files import parse_line, text_lines
from raylign.record.whole import replacing
from raylign.sources.anchors import Draw, Pair, Scored, argued, choice_of
from raylign.sources.seeds import derive

UNSCORED = "sample without a score"


def write_pairs(path: Path, out: Path, draw: Draw, *, seed: int) -> Counter[str]:
    """Write ``out``, a preference file, of the samples in ``path``; how many pairs of each kind, and why none.

    Raises `SpecError` that names the line where a row is none, or where no pair comes of all of them.
    """
    counts, pairs = Counter[str](), 0
    try:
        with replacing(out) as file:
            for row in _paired(path, draw, seed, counts):
                file.write(f"{json.dumps(row, ensure_ascii=False)}\n".encode())
                pairs += 1
            if not pairs:
                why = ", ".join(f"{reason} {count}" for reason, count in counts.most_common()) or "it has no rows"
                raise SpecError(f"no pair comes of {str(path)!r} ({why})")
    except OSError as error:
        raise SpecError(f"cannot write {str(out)!r}: {error}") from error
    return counts


def _paired(path: Path, draw: Draw, seed: int, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """Rows of a preference file; ``counts`` what came of each prompt."""
    for line, text in text_lines(path, "scored samples"):
        asked, samples, consultant = _read(parse_line(text, f"{path}, line {line}"), f"{path}, line {line}", counts)
        pair = draw(samples, consultant, random.Random(derive(seed, "pair", line)))
        counts[pair if isinstance(pair, str) else f"{pair.kind} pair"] += 1
        if isinstance(pair, Pair):
            yield {**asked, "chosen": pair.chosen, "rejected": pair.rejected, "metadata": {"kind": pair.kind}}


def _read(row: Any, place: str, counts: Counter[str]) -> tuple[dict[str, Any], list[Scored], str | None]:
    """What a row asks, its samples, and the consultant's answer in their form."""
    match row:
        case {"answer": str(gold), "samples": [*listed], **rest} if gold.strip():
            asked: dict[str, Any] = {key: rest[key] for key in ("prompt", "messages") if key in rest}
            if len(asked) != 1:
                raise SpecError(f"{place}: give it a `prompt`, or `messages`")
            consultant = rest.get("consultant")
            if not (consultant is None or isinstance(consultant, str)):
                raise SpecError(f"{place}: `consultant` must be a text, it is {type(consultant).__name__}")
            scored = [_sample(one, gold.strip(), place) for one in listed]
            counts.update([UNSCORED] * scored.count(None))
            samples = [one for one in scored if one is not None]
            return asked, samples, argued(consultant, gold.strip()) if consultant else None
    raise SpecError(f"{place}: a row is {{'prompt', 'answer', 'samples': [{{'response', 'score'}}], 'consultant'}}")


def _sample(one: Any, gold: str, place: str) -> Scored | None:
    match one:
        case {"response": str(text), "score": None}:
            return None
        case {"response": str(text), "score": int() | float() as score} if not isinstance(score, bool):
            return Scored(text=text, right=choice_of(text) == gold, score=float(score))
    raise SpecError(f"{place}: a sample is {{'response': a text, 'score': a number, or null where there is none}}")
