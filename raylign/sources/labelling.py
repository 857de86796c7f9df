"""Pairs that people label: what a file has to be shown, how far labellers agree, and the preference file of their word.

A pair is known by what it says, so labels hold however its file is sorted or cut.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, TypeAlias

from raylign.errors import SpecError
from raylign.judges.kappa import kappa
from raylign.record.labels import Word, Words
from raylign.record.whole import replacing
from raylign.sources.rows import rows
from raylign.sources.seeds import derive
from raylign.spec.load import parse_prompts

Contradicting: TypeAlias = Literal["majority", "drop"]
"""What becomes of pairs of which labellers say different things."""
Verdict: TypeAlias = Literal["left", "right", "tie", "skip"]
"""What somebody says who is shown one response on the left, or first, and one on the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlabelled:
    """A prompt and two responses, of which nobody has said here which is better."""

    key: str
    asked: Mapping[str, Any]
    """``prompt``, or ``messages``."""
    responses: tuple[str, str]
    """In the order of the file."""
    metadata: Mapping[str, Any]

    def turned(self, labeller: str, *, seed: int) -> bool:
        """Whether the labeller is shown the second one first."""
        return turned(self.key, labeller, seed=seed)


def turned(key: str, labeller: str, *, seed: int) -> bool:
    """Whether this labeller is shown the pair's second response first: a place must not come to mean a label."""
    return bool(derive(seed, "side", labeller, key) % 2)


def meant(verdict: Verdict, *, turned: bool) -> Word:
    """A verdict on what is shown, in the order of the file."""
    match verdict:
        case "left" | "right":
            return "second" if (verdict == "right") != turned else "first"
        case _:
            return verdict


def read_pairs(path: Path, counts: Counter[str], columns: Mapping[str, str] | None = None) -> list[Unlabelled]:
    """The pairs of a preference file, or of one whose rows have two ``responses``, each once; ``counts``: rows that
    hold none, by reason; ``columns``: what the file calls things.

    Raises `SpecError` where the file cannot be read, or holds no pair.
    """
    found: dict[str, Unlabelled] = {}
    for _, row in rows(parse_prompts({"path": str(path), "columns": dict(columns or {})}, source="the pairs")):
        metadata = dict(row.get("metadata", {}))
        texts = _texts(*_responses(row.get("baseline"), metadata))
        if isinstance(texts, str):
            counts[texts] += 1
            continue
        asked: dict[str, Any] = {name: row[name] for name in ("prompt", "messages") if name in row}
        key = _key(asked, texts)
        counts["twice in the file"] += key in found
        found.setdefault(key, Unlabelled(key=key, asked=asked, responses=texts, metadata=metadata))
    if not found:
        why = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
        raise SpecError(
            f"{str(path)!r} holds no pair to label ({why}): give its rows `prompt`, `chosen` and `rejected`, or "
            "`prompt` and two `responses`"
        )
    return list(found.values())


def _responses(chosen: Any, metadata: dict[str, Any]) -> tuple[Any, Any]:
    """Both of a row, which are taken out of its metadata with the numbers that somebody gave them."""
    rejected, listed = metadata.pop("rejected", None), metadata.pop("responses", None)
    metadata.pop("rewards", None)
    if chosen is None and isinstance(listed, list) and len(listed) == 2:
        return listed[0], listed[1]
    return chosen, rejected


def _texts(first: Any, second: Any) -> tuple[str, str] | str:
    """Both responses, or why they are no pair."""
    if not (isinstance(first, str) and isinstance(second, str)):
        return "one response"
    if not (first.strip() and second.strip()):
        return "empty response"
    return "identical" if first == second else (first, second)


def _key(asked: Mapping[str, Any], texts: tuple[str, str]) -> str:
    return hashlib.sha256(json.dumps([dict(asked), texts], sort_keys=True).encode()).hexdigest()[:16]


def counted(told: Sequence[Mapping[str, Word]]) -> dict[str, dict[str, int]]:
    """By labeller, how often each word. ``told``: of each pair, who said what."""
    names = sorted({name for said in told for name in said})
    return {name: dict(Counter(said[name] for said in told if name in said)) for name in names}


def agreements(told: Sequence[Mapping[str, Word]]) -> list[dict[str, Any]]:
    """Of every two labellers: on how many pairs both preferred one, how often the same, and Cohen's kappa of that with
    its 95 % interval (None where there is nothing to tell by). ``told``: of each pair, who said what."""
    names = sorted({name for said in told for name in said})
    found = []
    for one, other in combinations(names, 2):
        both = Counter(
            (said[one] == "first", said[other] == "first")
            for said in told
            if {said.get(one), said.get(other)} <= {"first", "second"}
        )
        agreed = both[True, True] + both[False, False]
        value = kappa(both)
        found.append(
            {
                "labellers": [one, other],
                "pairs": both.total(),
                "agreed": agreed,
                "kappa": value[0] if value else None,
                "interval": list(value[1]) if value else None,
            }
        )
    return found


def labelled(
    pairs: Iterable[Unlabelled], words: Words, contradicting: Contradicting, counts: Counter[str]
) -> Iterator[bytes]:
    """The lines of a preference file of what labellers preferred; ``counts``: how many, and why it lacks others.

    A pair has its labellers' majority, or, with ``drop``, what all of them preferred; ties and skips are no vote.
    """
    for pair in pairs:
        first, why = _preferred(words.get(pair.key, {}), contradicting)
        counts[why] += 1
        if first is not None:
            better, worse = pair.responses if first else pair.responses[::-1]
            row = {**pair.metadata, **pair.asked, "chosen": better, "rejected": worse}
            yield f"{json.dumps(row, ensure_ascii=False)}\n".encode()


def write_labelled(pairs: Sequence[Unlabelled], words: Words, out: Path, contradicting: Contradicting) -> Counter[str]:
    """Write ``out``, a preference file as `labelled` has it. Raises `SpecError` where it cannot be written."""
    counts = Counter[str]()
    try:
        with replacing(out) as file:
            for line in labelled(pairs, words, contradicting, counts):
                file.write(line)
    except OSError as error:
        raise SpecError(f"cannot write {str(out)!r}: {error}") from error
    return counts


def _preferred(said: Mapping[str, str], contradicting: Contradicting) -> tuple[bool | None, str]:
    """Whether the first response is the better one, None where nobody can tell; and what the pair is counted as."""
    first, second = (sum(word == side for word in said.values()) for side in ("first", "second"))
    if not said:
        return None, "not labelled"
    if not first and not second:
        return None, "tie" if "tie" in said.values() else "skipped"
    if first and second and (contradicting == "drop" or first == second):
        return None, "contradicting"
    return first > second, "by majority" if first and second else "labelled"
