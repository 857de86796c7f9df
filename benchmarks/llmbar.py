"""How often the pairwise annotator prefers the objectively better answer: LLMBar's pairs (arXiv 2310.07641), any model.

Pairs are JSON lines of ``prompt``, ``a``, ``b`` and ``gold``, the better one's letter; ``set`` parts the table.
"""

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import our_side
from raylign.judges.askers import Answers, Said
from raylign.judges.questions.comparison import Comparison
from raylign.types import Preference, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of one set of pairs."""

    pairs: int
    right: int
    """The better answer has the higher chance, averaged over the orders."""
    abstained: int
    one_order: int
    """Right where only the order of the file is asked."""
    biased: int
    """Both orders name the same place."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="a directory, or a hub id")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="pairs of each set")
    parser.add_argument("--plain", action="store_true", help="without the model's chat template")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = taken([json.loads(line) for line in options.pairs.read_text().splitlines()], options.limit)
    told = asked(start(options.model), rows, chat=not options.plain)
    print(f"{'set':12} {'pairs':>5} {'right':>6} {'one order':>9} {'by place':>8} {'abstained':>9}")
    found = {name: tally(part) for name, part in by_set(told).items()}
    for name, one in found.items():
        decided = max(one.pairs - one.abstained, 1)
        shares = [f"{100 * count / decided:.1f} %" for count in (one.right, one.one_order, one.biased)]
        print(f"{name:12} {one.pairs:5} {shares[0]:>6} {shares[1]:>9} {shares[2]:>8} {one.abstained:9}")
    our_side.dump(options.json, [{"set": name, "of": repr(one)} for name, one in found.items()])


def start(model: str) -> Answers:
    """The engine that a job would have."""
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    from actors.judging.llm_judge import LLMJudgeWorker

    worker: Answers = LLMJudgeWorker(
        model=model, device="cpu", threads=os.cpu_count() or 1, memory_gb=1.0, dtype="float32"
    )
    return worker


Told = tuple[dict[str, Any], Preference, Preference]
"""A pair, what is said of it in both orders, and in the first alone."""


def asked(model: Answers, rows: Sequence[dict[str, Any]], *, chat: bool) -> list[Told]:
    """Each pair with the annotator's word."""
    comparison = Comparison(chat=chat, min_mass=0.0)
    words = {"first": comparison.first, "second": comparison.second}
    texts = []
    for row in rows:
        prompt = Prompt(task="t", id="t/0", text="", question=row["prompt"], messages=(), token_ids=())
        texts += [comparison.put(prompt, row["a"], row["b"]), comparison.put(prompt, row["b"], row["a"])]
    said = model.next_token(texts, words)
    return [
        (row, comparison.read(forward, backward), comparison.read(forward, _mirrored(forward)))
        for row, forward, backward in zip(rows, said[::2], said[1::2], strict=True)
    ]


def _mirrored(said: Said) -> Said:
    """What the other order would say if the first did not depend on places."""
    return said if isinstance(said, str) else said[::-1]


def tally(told: Sequence[Told]) -> Tally:
    """Counts over pairs; a chance of one half is no right answer."""
    decided = [
        (row["gold"], both.probability, one.probability) for row, both, one in told if both.probability is not None
    ]
    return Tally(
        pairs=len(told),
        right=sum(_prefers(chance) == gold for gold, chance, _ in decided),
        abstained=len(told) - len(decided),
        one_order=sum(_prefers(alone) == gold for gold, _, alone in decided),
        # The other order gives ``a`` the chance 2 * mean - first: where the two disagree, the same place wins.
        biased=sum((alone > 0.5) != (2 * chance - alone > 0.5) for _, chance, alone in decided),
    )


def _prefers(chance: float) -> str:
    return "a" if chance > 0.5 else "b" if chance < 0.5 else ""


def by_set(told: Sequence[Told]) -> dict[str, list[Told]]:
    """All of them, and each set's."""
    parts: dict[str, list[Told]] = defaultdict(list, all=list(told))
    for one in told:
        parts[one[0]["set"]].append(one)
    return dict(parts)


def taken(rows: Sequence[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """The first so many of each set."""
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for row in rows:
        seen[row["set"]] += 1
        if limit is None or seen[row["set"]] <= limit:
            kept.append(row)
    return kept


if __name__ == "__main__":
    main()
