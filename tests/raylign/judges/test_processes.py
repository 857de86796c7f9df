import os
import time
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import psutil
import pytest
from pebble import ProcessFuture, ProcessPool

from raylign.errors import RunError
from raylign.judges.judge import Judge, applying
from raylign.judges.processes import JudgeProcesses
from raylign.judges.questions.two_token import LLMJudge
from raylign.judges.rules.code import CodeJudge
from raylign.judges.rules.instructions.judge import InstructionsJudge
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.math import MathJudge
from raylign.judges.rules.regex import RegexJudge
from raylign.judges.rules.rule import Case, RuleJudge, rules
from raylign.verdicts import SATISFIED, Ruling, Verdict, abstained

CATASTROPHE = RegexJudge(pattern=r"^(a+)+$", timeout_s=0.5)
EVIL = "a" * 60 + "!"

JUDGES: dict[str, tuple[Judge, ...]] = {
    "math": (MathJudge(timeout_s=20), LengthJudge(maximum=10)),
    "regex": (CATASTROPHE,),
    "tower": (MathJudge(timeout_s=1), LengthJudge()),
    "code": (CodeJudge(timeout_s=2),),
    "picky": (
        RegexJudge(name="polite", pattern="please", when={"harmful": False}),
        LengthJudge(unit="tokens", maximum=2),
    ),
    "llm": (LLMJudge(model="m", template="t", positive="a", negative="b"), LengthJudge()),
    "instructions": (InstructionsJudge(),),
    "none": (),
}


@pytest.fixture(scope="module")
def judges() -> Iterator[JudgeProcesses]:
    with JudgeProcesses([judge for judges in JUDGES.values() for judge in judges], processes=2) as judges:
        yield judges


def asked(task: str, text: str, **metadata: Any) -> tuple[Case, tuple[RuleJudge, ...]]:
    case = Case(response=text, metadata=metadata, num_tokens=3)
    return case, rules(applying(JUDGES[task], metadata))


def one(judges: JudgeProcesses, task: str, text: str, **metadata: Any) -> tuple[Verdict, ...]:
    return judges.judge_all([asked(task, text, **metadata)])[0]


def test_verdicts_stand_in_the_tasks_order(judges: JudgeProcesses) -> None:
    right, wrong = judges.judge_all(
        [asked("math", "A: the answer is 4", answer="4"), asked("math", "it is 4", answer="4")]
    )
    assert [(verdict.judge, verdict.satisfied) for verdict in right] == [("math", True), ("length", True)]
    assert [(verdict.judge, verdict.satisfied) for verdict in wrong] == [("math", False), ("length", True)]
    assert all(verdict.seconds > 0 for verdict in right)


def test_one_case(judges: JudgeProcesses) -> None:
    assert one(judges, "instructions", "a, b", if_requirements=[{"id": "punctuation:no_comma"}])[0].satisfied is False


def test_a_task_without_rule_judges_has_no_verdicts(judges: JudgeProcesses) -> None:
    assert one(judges, "none", "x") == ()
    assert [verdict.judge for verdict in one(judges, "llm", "x")] == ["length"]


def test_when_leaves_a_judge_out(judges: JudgeProcesses) -> None:
    assert [verdict.judge for verdict in one(judges, "picky", "x", harmful=False)] == ["polite", "length"]
    assert [verdict.judge for verdict in one(judges, "picky", "x", harmful=True)] == ["length"]
    assert [verdict.judge for verdict in one(judges, "picky", "x")] == ["length"]


def test_tokens_are_the_completions(judges: JudgeProcesses) -> None:
    (verdict,) = one(judges, "picky", "x")
    assert verdict.reason == "3 tokens, at most 2 asked"


def test_a_response_that_hangs_its_judge_is_violated_alone(judges: JudgeProcesses) -> None:
    good = [asked("math", f"The answer is {n}", answer=str(n)) for n in range(10)]
    answers = judges.judge_all([asked("regex", EVIL), *good, asked("regex", EVIL), asked("regex", "aaa")])
    assert [verdict.satisfied for verdicts in answers[1:11] for verdict in verdicts[:1]] == [True] * 10
    for hung in (answers[0], answers[11]):
        assert (hung[0].satisfied, hung[0].reason, hung[0].seconds) == (False, "timeout", 0.5)
    assert answers[12][0].satisfied is True


def test_a_number_too_large_to_compute_abstains_or_is_wrong(judges: JudgeProcesses) -> None:
    math, length = one(judges, "tower", "The answer is $9^{9^{9^{9^{9}}}}$", answer="7")
    assert math.satisfied is not True
    assert length.satisfied is True


def test_a_program_that_runs_too_long_is_violated_not_abstained(judges: JudgeProcesses) -> None:
    (verdict,) = one(judges, "code", "```\nwhile True: pass\n```", unit_tests=["assert True"])
    assert (verdict.satisfied, verdict.reason) == (False, "out of time")


def test_missing_metadata_abstain(judges: JudgeProcesses) -> None:
    for task in ("math", "code", "instructions"):
        assert one(judges, task, "x")[0].satisfied is None


class Late(str):
    """Takes its time to be read by whoever asked: longer than a process takes to be missed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _late, ()


def _late() -> str:
    time.sleep(0.4)
    return "late"


class Unruly(RuleJudge):
    """A kind that only this file knows. It does what the response says."""

    type: Literal["unruly"] = "unruly"
    warmed: ClassVar[bool] = False

    def rule(self, case: Case) -> Ruling:
        match case.response:
            case "crash":
                os.kill(os.getpid(), 9)
            case "leave":
                os._exit(3)
            case "raise":
                raise LookupError("no such thing")
            case "recurse":
                self.rule(case)
            case "hang":
                time.sleep(600)
            case "late":
                return Ruling(True, Late())
        return SATISFIED if self.warmed else abstained("cold")

    @property
    def limit_s(self) -> float:
        return 20.0

    @classmethod
    def warm(cls) -> None:
        cls.warmed = True


class Stubborn(Unruly):
    """Where it hangs, it says, it is itself to blame."""

    hang_violates: ClassVar = False

    @property
    def limit_s(self) -> float:
        return 0.3


def test_a_crash_and_an_exception_abstain_alone() -> None:
    unruly, stubborn = Unruly(), Stubborn()
    texts = ["crash", "fine", "raise", "leave", "fine", "recurse", "crash", "fine"]
    with JudgeProcesses([unruly, stubborn], processes=2) as judges:
        for _ in range(2):
            said = judges.judge_all([(Case(response=text), (unruly,)) for text in texts])
            assert [(verdict.satisfied, verdict.reason) for (verdict,) in said] == [
                (None, "crashed"),
                (True, ""),
                (None, "error: LookupError"),
                (None, "crashed"),
                (True, ""),
                (False, "too deep"),
                (None, "crashed"),
                (True, ""),
            ]
        ((verdict,),) = judges.judge_all([(Case(response="hang"), (stubborn,))])
        assert (verdict.satisfied, verdict.reason, verdict.seconds) == (None, "timeout", 0.3)


def test_a_crash_is_never_laid_to_whom_the_same_process_ruled_before() -> None:
    unruly = Unruly()
    with JudgeProcesses([unruly], processes=1) as judges:
        said = judges.judge_all([(Case(response=text), (unruly,)) for text in ["late", "crash", "fine"]])
    assert [(verdict.satisfied, verdict.reason) for (verdict,) in said] == [
        (True, "late"),
        (None, "crashed"),
        (True, ""),
    ]


def workers() -> set[int]:
    """Judge processes: the fork server's children."""
    return {
        grandchild.pid
        for child in psutil.Process().children()
        for grandchild in child.children(recursive=True)
        if grandchild.status() != psutil.STATUS_ZOMBIE
    }


def test_children_killed_while_idle_are_replaced() -> None:
    before = workers()
    with JudgeProcesses(JUDGES["math"], processes=1) as judges:
        assert one(judges, "math", "the answer is 4", answer="4")[0].satisfied is True
        for child in workers() - before:
            psutil.Process(child).kill()
        answers = [one(judges, "math", "the answer is 4", answer="4")[0] for _ in range(3)]
        assert answers[-1].satisfied is True
        assert {verdict.reason for verdict in answers} <= {"", "crashed"}


class Forgetful(ProcessPool):
    """Breaks as it is given a task, of which it then knows nothing."""

    def schedule(self, *_: Any, **__: Any) -> ProcessFuture:
        self.stop()
        return ProcessFuture()


class Unlucky(JudgeProcesses):
    """The process of its first pool dies at the worst of moments."""

    started = False

    def _start(self) -> ProcessPool:
        if self.started:
            return super()._start()
        self.started = True
        return Forgetful(max_workers=1)


def test_a_task_that_came_as_its_process_died_is_waited_for_no_longer() -> None:
    start = time.monotonic()
    with Unlucky(JUDGES["math"], processes=1) as judges:
        math, length = one(judges, "math", "the answer is 4", answer="4")
    assert (math.satisfied, math.reason) == (None, "crashed")
    assert length.satisfied is True
    assert time.monotonic() - start < 60  # less than processes may take to start


def test_close_leaves_no_judge_process() -> None:
    before = workers()
    judges = JudgeProcesses([RegexJudge(pattern=r"^(a+)+$", timeout_s=600)], processes=2)
    one(judges, "regex", "aaa")
    assert len(workers() - before) == 2
    judges.close()
    assert workers() - before == set()


def test_code_judges_are_refused_where_nothing_isolates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RunError, match="bubblewrap"):
        JudgeProcesses([CodeJudge()])
