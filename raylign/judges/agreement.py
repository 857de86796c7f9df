"""A judge against labels: what ``raylign judge`` finds."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from raylign.interval import wilson
from raylign.judges.judge import Judge
from raylign.judges.kappa import kappa
from raylign.judges.rows import LabeledRow, labeled_rows
from raylign.verdicts import Verdict, latency

WORDS = {True: "satisfied", False: "violated", None: "abstained"}
LEFT_OUT = "left out"
MOST_DISAGREEMENTS = 20
"""Of which the texts are kept: the verdicts have them all by line."""
EXCERPT = 400
"""Characters of a text that is kept."""

Ask: TypeAlias = Callable[[Judge, Sequence[LabeledRow]], Sequence[Verdict]]
"""Has a judge rule on rows, each of which it applies to."""


def judge_file(judge: Judge, path: Path, ask: Ask) -> dict[str, Any]:
    """What the judge says of a file's rows, and how far it agrees with their ``gold``, as plain data.

    Rows that its `when` leaves out are not asked about. Raises `SpecError` for a wrong row, and what ``ask`` raises.
    """
    rows = list(labeled_rows(path, "rows file"))
    asked = [row for _, row in rows if judge.applies(row.prompt.metadata)]
    said = iter(ask(judge, asked) if asked else ())
    verdicts = [next(said) if judge.applies(row.prompt.metadata) else None for _, row in rows]
    return found(rows, verdicts)


def found(rows: Sequence[tuple[int, LabeledRow]], verdicts: Sequence[Verdict | None]) -> dict[str, Any]:
    """Counts, reasons, agreement and seconds; row by row too. ``verdicts``: None of a row that was left out."""
    said = [verdict for verdict in verdicts if verdict is not None]
    labeled = [
        (line, row, verdict)
        for (line, row), verdict in zip(rows, verdicts, strict=True)
        if verdict is not None and row.gold is not None
    ]
    return {
        "rows": len(verdicts),
        **{word: sum(verdict.satisfied is answer for verdict in said) for answer, word in WORDS.items()},
        "left_out": len(verdicts) - len(said),
        "reasons": {WORDS[answer]: _reasons(said, answer) for answer in (False, None)},
        **_agreement(Counter((bool(row.gold), verdict.satisfied) for _, row, verdict in labeled)),
        "seconds": asdict(latency(said)),
        "disagreements": [
            _disagreement(line, row, verdict)
            for line, row, verdict in labeled
            if verdict.satisfied is not None and verdict.satisfied is not row.gold
        ][:MOST_DISAGREEMENTS],
        "verdicts": [_row(line, row, verdict) for (line, row), verdict in zip(rows, verdicts, strict=True)],
    }


def _agreement(counts: Counter[tuple[bool, bool | None]]) -> dict[str, Any]:
    """Of labeled rows on which it had a word; what it abstained on is counted beside them.

    A class's ``found`` is the share of its rows that the judge calls so, ``right`` the share right of what it calls so.
    """
    words = {(gold, word): count for (gold, word), count in counts.items() if word is not None}
    labeled, agree = sum(words.values()), words.get((True, True), 0) + words.get((False, False), 0)
    beyond_chance = kappa(words)
    return {
        "labeled": labeled,
        "agree": agree,
        "accuracy": _share(agree, labeled),
        "classes": {
            WORDS[gold]: {
                "labeled": sum(words.get((gold, word), 0) for word in (True, False)),
                "abstained": counts[gold, None],
                "found": _share(words.get((gold, gold), 0), sum(words.get((gold, word), 0) for word in (True, False))),
                "right": _share(
                    words.get((gold, gold), 0), sum(words.get((label, gold), 0) for label in (True, False))
                ),
            }
            for gold in (True, False)
        },
        "kappa": None if beyond_chance is None else {"value": beyond_chance[0], "bounds": list(beyond_chance[1])},
    }


def _share(count: int, whole: int) -> dict[str, Any] | None:
    """With its 95 % interval."""
    bounds = wilson(count / whole, whole) if whole else None
    return None if bounds is None else {"value": count / whole, "bounds": list(bounds)}


def _reasons(said: Iterable[Verdict], answer: bool | None) -> dict[str, int]:
    """Most frequent first."""
    return dict(Counter(verdict.reason for verdict in said if verdict.satisfied is answer).most_common())


def _disagreement(line: int, row: LabeledRow, verdict: Verdict) -> dict[str, Any]:
    texts = {"prompt": row.prompt.question[:EXCERPT], "response": row.response[:EXCERPT]}
    return {
        "line": line,
        "gold": WORDS[row.gold],
        "verdict": WORDS[verdict.satisfied],
        "reason": verdict.reason,
        **texts,
    }


def _row(line: int, row: LabeledRow, verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"line": line, "verdict": LEFT_OUT, "reason": ""}
    return {"line": line, "verdict": WORDS[verdict.satisfied], "reason": verdict.reason}
