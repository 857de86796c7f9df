"""Judges that are programs, tried on labeled rows."""

from collections.abc import Sequence

from raylign.judges.judge import Judge
from raylign.judges.processes import JudgeProcesses
from raylign.judges.rows import LabeledRow
from raylign.judges.rules.rule import rules
from raylign.verdicts import Verdict

PROCESSES = 2


def ask_rules(judge: Judge, rows: Sequence[LabeledRow]) -> list[Verdict]:
    """Its verdict on every row, in processes as a run's."""
    programs = rules([judge])
    with JudgeProcesses(programs, processes=PROCESSES) as judges:
        answers = judges.judge_all([(row.case, programs) for row in rows])
    return [verdict for (verdict,) in answers]
