"""A judge against labels: what ``raylign judge`` prints."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from raylign.errors import SpecError
from raylign.judges.rows import judge_rows
from raylign.spec.document import read_yaml
from raylign.spec.judges import RuleJudge


def judge_file(spec: str, path: Path) -> dict[str, Any]:
    """Counts of satisfied, violated, abstained and left out rows; agreement with their boolean ``gold``, if any.

    Raises `SpecError` when the judge or a row is wrong.
    """
    judge = _parse(spec)
    rows = _rows(path)
    verdicts = judge_rows(judge, rows)
    said = [verdict.satisfied for verdict in verdicts if verdict is not None]
    labeled = [
        (verdict.satisfied, row["gold"])
        for verdict, row in zip(verdicts, rows, strict=True)
        if verdict is not None and verdict.satisfied is not None and isinstance(row.get("gold"), bool)
    ]
    reasons = Counter(verdict.reason for verdict in verdicts if verdict is not None and verdict.satisfied is None)
    return {
        "rows": len(rows),
        "satisfied": said.count(True),
        "violated": said.count(False),
        "abstained": said.count(None),
        "reasons": dict(reasons),
        "left_out": len(rows) - len(said),
        "labeled": len(labeled),
        "agree": sum(answer == gold for answer, gold in labeled),
    }


def _parse(spec: str) -> RuleJudge:
    try:
        found: RuleJudge = TypeAdapter(Annotated[RuleJudge, Field(discriminator="type")]).validate_python(
            read_yaml(spec.encode())
        )
    except (SpecError, ValidationError) as error:
        raise SpecError(f"{spec!r} is not a rule judge as a job file has it: {error}") from None
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SpecError(f"cannot read the rows file {str(path)!r}: {error.strerror}") from error
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise SpecError(f"{path}, line {number} is not JSON: {error.msg} at column {error.colno}") from None
    return rows
