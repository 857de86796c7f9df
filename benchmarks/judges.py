"""Responses a second through the rule judges' processes, beside the same judges asked one after another right here.

What stands beside a grader in its sandbox is the same function called in this process, which isolates nothing: the fork
of each response is what isolation costs. CPU seconds are of all processes together.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from raylign.judges.processes import JudgeProcesses
from raylign.judges.rules.code import CodeJudge
from raylign.judges.rules.instructions.judge import InstructionsJudge
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge
from raylign.judges.rules.python import PythonJudge
from raylign.judges.rules.rule import Case, RuleJudge

SENTENCE = "A plain sentence of nine words stands here again. "
INSTRUCTIONS = [
    {"id": "punctuation:no_comma"},
    {"id": "length_constraints:number_words", "kwargs": {"num_words": 100, "relation": "at least"}},
    {"id": "keywords:existence", "kwargs": {"keywords": ["sentence"]}},
]
GRADER = "def grade(sample, item): return sample['output_text'].endswith(item['answer'])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A judge, and how many responses it is asked about."""

    judge: RuleJudge
    case: Case
    aim: int
    """Responses a second."""
    asked: int

    def cases(self) -> Iterator[Case]:
        """Responses that differ, so that nothing is remembered."""
        for number in range(self.asked):
            yield Case(response=f"{number}. {self.case.response}", metadata=self.case.metadata)


WORKS = (
    Work(judge=LengthJudge(), case=Case(response=SENTENCE * 20), aim=2000, asked=4000),
    Work(
        judge=InstructionsJudge(),
        case=Case(response=SENTENCE * 20, metadata={"if_requirements": INSTRUCTIONS}),
        aim=2000,
        asked=4000,
    ),
    Work(
        judge=MathJudge(),
        case=Case(response=SENTENCE * 5 + r"The answer is $\frac{3}{4}x + 1$", metadata={"answer": r"$1 + 0.75x$"}),
        aim=500,
        asked=1000,
    ),
    Work(
        judge=CodeJudge(timeout_s=20),
        case=Case(
            response="\n```python\ndef f(x):\n    return x + 1\n```\n", metadata={"unit_tests": ["assert f(1) == 2"]}
        ),
        aim=25,
        asked=60,
    ),
    Work(
        judge=PythonJudge(source=GRADER, timeout_s=20),
        case=Case(response=SENTENCE * 20 + "42", metadata={"answer": "42"}),
        aim=1000,
        asked=4000,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [measure(work, processes=options.processes) for work in WORKS]
    print(f"{'judge':>14} {'aim/s':>6} {'rows/s':>7} {'right here/s':>13} {'CPU ms a row':>13}")
    for row in rows:
        print(
            f"{row['judge']:>14} {row['aim']:6} {row['rows_s']:7.0f} {row['here_s']:13.0f} {1e3 * row['cpu_s']:13.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


def measure(work: Work, *, processes: int) -> dict[str, Any]:
    """Rows a second through processes and right here, and the CPU seconds of a row through processes."""
    cases = list(work.cases())
    with JudgeProcesses([work.judge], processes=processes) as judges:
        _ask(judges, work.judge, cases[:16])  # whatever is slow the first time
        before, start = _cpu_s(), time.perf_counter()
        said = _ask(judges, work.judge, cases)
        seconds, cpu = time.perf_counter() - start, _cpu_s() - before
    assert all(satisfied is True for satisfied in said)
    return {
        "judge": work.judge.label,
        "aim": work.aim,
        "rows_s": len(cases) / seconds,
        "here_s": _here(work.judge, cases),
        "cpu_s": cpu / len(cases),
    }


def _here(judge: RuleJudge, cases: Sequence[Case]) -> float:
    """Responses a second, one after another in this process."""
    names: dict[str, Any] = {}
    if isinstance(judge, PythonJudge):
        exec(judge.source, names)
    judge.rule(cases[0])
    start = time.perf_counter()
    for case in cases:
        if names:
            names["grade"]({"output_text": case.response}, case.metadata)
        else:
            judge.rule(case)
    return len(cases) / (time.perf_counter() - start)


def _ask(judges: JudgeProcesses, judge: RuleJudge, cases: Sequence[Case]) -> list[bool | None]:
    return [verdict.satisfied for (verdict,) in judges.judge_all([(case, (judge,)) for case in cases])]


def _cpu_s() -> float:
    """Of this process and all below it that live, with those that they have buried."""
    used = os.times()
    total = used.user + used.system
    for child in psutil.Process().children(recursive=True):
        try:
            total += sum(child.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


if __name__ == "__main__":
    main()
