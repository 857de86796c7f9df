"""A judge against labels: what ``raylign judge`` finds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from raylign.judges.judge import applying
from raylign.judges.processes import JudgeProcesses
from raylign.judges.rows import labeled_rows
from raylign.judges.rules.rule import Case, RuleJudge, rules
from raylign.verdicts import Verdict

WORDS = {True: "satisfied", False: "violated", None: "abstained"}
LEFT_OUT = "left out"


def judge_file(judge: RuleJudge, path: Path) -> dict[str, Any]:
    """Verdicts counted, with their reasons, and row by row; agreement with the rows' boolean ``gold``, if any.

    Raises `SpecError` when a row is wrong.
    """
    lines, cases, golds = [], [], []
    for line, row in labeled_rows(path, "rows file"):
        cases.append(row.case)
        lines.append(line)
        golds.append(row.gold)
    verdicts = judge_cases(judge, cases)
    said = [verdict for verdict in verdicts if verdict is not None]
    labeled = [
        (verdict.satisfied, gold)
        for verdict, gold in zip(verdicts, golds, strict=True)
        if verdict is not None and verdict.satisfied is not None and gold is not None
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


def judge_cases(judge: RuleJudge, cases: Sequence[Case], *, processes: int = 2) -> list[Verdict | None]:
    """The judge's verdict on every case; None where its `when` leaves the case out."""
    with JudgeProcesses([judge], processes=processes) as judges:
        answers = judges.judge_all([(case, rules(applying([judge], case.metadata))) for case in cases])
    return [verdicts[0] if verdicts else None for verdicts in answers]


def _reasons(said: Iterable[Verdict], answer: bool | None) -> dict[str, int]:
    """Most frequent first."""
    return dict(Counter(verdict.reason for verdict in said if verdict.satisfied is answer).most_common())


def _row(line: int, verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {"line": line, "verdict": LEFT_OUT, "reason": ""}
    return {"line": line, "verdict": WORDS[verdict.satisfied], "reason": verdict.reason}
