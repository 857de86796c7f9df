import pytest

from raylign.judges.graders import RUNTIME
from raylign.judges.processes import JudgeProcesses
from raylign.judges.rules.python import PythonJudge
from raylign.judges.rules.rule import Case
from raylign.verdicts import Ruling, abstained, violated


def rule(value: str, threshold: float | None = None) -> Ruling:
    judge = PythonJudge(source=f"def grade(sample, item): return {value}", threshold=threshold, timeout_s=10)
    return judge.rule(Case(response="a"))


@pytest.mark.parametrize(
    ("value", "threshold", "ruling"),
    [
        ("True", None, Ruling(True)),
        ("False", None, violated("false")),
        ("None", None, abstained("the grader abstains")),
        ("0.7", None, abstained("a number, and there is no threshold")),
        ("1.0", None, abstained("a number, and there is no threshold")),
        ("0.7", 0.5, Ruling(True)),
        ("0.5", 0.5, Ruling(True)),
        ("0.4", 0.5, violated("below the threshold")),
        ("True", 2.0, Ruling(True)),
        ("None", 0.5, abstained("the grader abstains")),
        ("float('nan')", 0.5, abstained(f"{RUNTIME}: not finite")),
        ("'yes'", 0.5, abstained(f"{RUNTIME}: returns str")),
        ("1 / 0", None, abstained(f"{RUNTIME}: ZeroDivisionError")),
    ],
)
def test_verdicts(value: str, threshold: float | None, ruling: Ruling) -> None:
    assert rule(value, threshold) == ruling


def test_it_judges_in_processes_and_a_row_that_hangs_is_alone() -> None:
    judge = PythonJudge(
        source="def grade(sample, item):\n    while sample['output_text'] == 'hang': pass\n    return item['ok']",
        timeout_s=1,
    )
    texts = ["fine", "hang", "fine", "fine"]
    with JudgeProcesses([judge], processes=2) as judges:
        said = judges.judge_all([(Case(response=text, metadata={"ok": True}), (judge,)) for text in texts])
    assert [(verdict.satisfied, verdict.reason) for (verdict,) in said] == [
        (True, ""),
        (None, f"{RUNTIME}: out of time"),
        (True, ""),
        (True, ""),
    ]
