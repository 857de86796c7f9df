"""A judge against labels: what ``raylign judge`` finds."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from raylign.files import parse_line, text_lines
from raylign.judges.rows import judge_cases, read_case
from raylign.judges.rules.rule import RuleJudge
from raylign.verdicts import Verdict

WORDS = {True: "satisfied", False: "violated", None: "abstained"}
LEFT_OUT = "left out"


def judge_file(judge: RuleJudge, path: Path) -> dict[str, Any]:
    """Verdicts counted, with their reasons, and row by row; agreement with the rows' boolean ``gold``, if any.

    Raises `SpecError` when a row is wrong.
    """
    lines, cases, golds = [], [], []
    for line, text in text_lines(path, "rows file"):
        row = parse_line(text, place := f"{path}, line {line}")
        cases.append(read_case(row, place))
        lines.append(line)
        golds.append(row.get("gold"))
    verdicts = judge_cases(judge, cases)
    said = [verdict for verdict in verdicts if verdict is not None]
    labeled = [
        (verdict.satisfied, gold)
        for verdict, gold in zip(verdicts, golds, strict=True)
        if verdict is not None and verdict.satisfied is not None and isinstance(gold, bool)
    ]
    return {
        "rows": len(verdicts),
        **{word: sum(verdict.satisfied is answer for verdict in said) for answer, word in WORDS.items()},
        "left_out": len(verdicts) - len(said),
        "reasons": {WORDS[answer]: _reasons(said, answer) for answer in (False, None)},
        "labeled": len(labeled),
        "agree": sum(answer == gold for answer, gold in labeled),
        "verdicts": [_row(line, verdict) for line, verdict in zip(lines, verdicts, strict=True)],
    }


def _reasons(said: Iterable[Verdict], answer: bool | None) -> dict[str, int]:
    """Most frequent first."""
    return dict(Counter(verdict.reason for verdict in said if verdict.satisfied is answer).most_common())


def _row(line: int, verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"line": line, "verdict": LEFT_OUT, "reason": ""}
    return {"line": line, "verdict": WORDS[verdict.satisfied], "reason": verdict.reason}
