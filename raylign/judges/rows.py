"""Judge rows of a file: ``{"prompt", "response", "metadata", "gold"}``, the shape of labeled judge data."""

from collections.abc import Mapping, Sequence
from typing import Any

from raylign.errors import SpecError
from raylign.judges.judge import applying
from raylign.judges.processes import JudgeProcesses
from raylign.judges.rules.rule import Case, RuleJudge, rules
from raylign.verdicts import Verdict


def judge_cases(judge: RuleJudge, cases: Sequence[Case], *, processes: int = 2) -> list[Verdict | None]:
    """The judge's verdict on every case; None where its `when` leaves the case out."""
    with JudgeProcesses([judge], processes=processes) as judges:
        answers = judges.judge_all([(case, rules(applying([judge], case.metadata))) for case in cases])
    return [verdicts[0] if verdicts else None for verdicts in answers]


def read_case(row: Any, place: str) -> Case:
    """What a judge reads of a row. Raises `SpecError` that names its ``place``."""
    match row:
        case {"response": str(response), **rest}:
            metadata = rest.get("metadata") or {}
            if isinstance(metadata, Mapping):
                return Case(response=response, metadata=metadata)
            raise SpecError(f"{place}: `metadata` is {type(metadata).__name__}, it must be a mapping")
    raise SpecError(f"{place} has no `response` text: a row is {{'prompt', 'response', 'metadata', 'gold'}}")
