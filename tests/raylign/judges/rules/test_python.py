import psutil
import pytest

from raylign.judges.graders import RUNTIME
from raylign.judges.processes import JudgeProcesses
from raylign.judges.rules.length import LengthJudge
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


def sandboxes() -> set[int]:
    """Bubblewraps that this process itself has started."""
    return {child.pid for child in psutil.Process().children() if child.name() == "bwrap"}


def test_threads_ask_its_sandboxes_beside_judges_that_processes_run_and_close_takes_them_down() -> None:
    judge, length = PythonJudge(source="def grade(sample, item): return True", timeout_s=10), LengthJudge()
    before = sandboxes()
    with JudgeProcesses([judge, length], processes=2) as judges:
        said = judges.judge_all([(Case(response=f"{number} words"), (judge, length)) for number in range(8)])
        assert [verdict.satisfied for verdicts in said for verdict in verdicts] == [True] * 16
        assert 1 <= len(sandboxes() - before) <= 2
    assert not sandboxes() - before


def test_a_grader_alone_starts_no_process_but_its_sandbox() -> None:
    judge = PythonJudge(source="def grade(sample, item): return len(sample['output_text'])", threshold=3, timeout_s=10)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with JudgeProcesses([judge], processes=1) as judges:
        ((verdict,),) = judges.judge_all([(Case(response="long"), (judge,))])
        started = {child.name() for child in psutil.Process().children(recursive=True) if child.pid not in before}
    assert verdict.satisfied is True
    assert {name for name in started if not name.startswith("python3.")} == {"bwrap"}


def test_a_row_larger_than_a_pipe_comes_whole() -> None:
    response = "x" * 3_000_000
    judge = PythonJudge(source="def grade(sample, item): return len(sample['output_text'])", timeout_s=20, threshold=0)
    assert judge.grade(Case(response=response)).value == len(response)
