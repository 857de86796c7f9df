import os
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from raylign.errors import RunError
from raylign.judges import processes
from raylign.judges.processes import RuleJudges
from raylign.judges.ruling import Case, Ruling
from raylign.spec.judges import CodeJudge, InstructionsJudge, LengthJudge, LLMJudge, MathJudge, RegexJudge
from raylign.types import Completion, Prompt

CATASTROPHE = RegexJudge(pattern=r"^(a+)+$", timeout_s=0.5)
EVIL = "a" * 60 + "!"

JUDGES = {
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
def judges() -> Iterator[RuleJudges]:
    with RuleJudges(JUDGES, processes=2) as judges:
        yield judges


def pair(task: str, text: str, **metadata: Any) -> tuple[Prompt, Completion]:
    prompt = Prompt(task=task, id=f"{task}/0", text="q", question="q", messages=(), token_ids=(1,), metadata=metadata)
    return prompt, Completion(
        prompt_id=prompt.id, index=0, text=text, token_ids=(1, 2, 3), logprobs=(0.0,) * 3, finish="stop", version=0
    )


def test_verdicts_stand_in_the_tasks_order(judges: RuleJudges) -> None:
    right, wrong = judges.judge_all(
        [pair("math", "A: the answer is 4", answer="4"), pair("math", "it is 4", answer="4")]
    )
    assert [(verdict.judge, verdict.satisfied) for verdict in right] == [("math", True), ("length", True)]
    assert [(verdict.judge, verdict.satisfied) for verdict in wrong] == [("math", False), ("length", True)]
    assert all(verdict.seconds > 0 for verdict in right)


def test_one_pair(judges: RuleJudges) -> None:
    assert (
        judges.judge(*pair("instructions", "a, b", if_requirements=[{"id": "punctuation:no_comma"}]))[0].satisfied
        is False
    )


def test_a_task_without_rule_judges_has_no_verdicts(judges: RuleJudges) -> None:
    assert judges.judge(*pair("none", "x")) == ()
    assert [verdict.judge for verdict in judges.judge(*pair("llm", "x"))] == ["length"]


def test_when_leaves_a_judge_out(judges: RuleJudges) -> None:
    assert [verdict.judge for verdict in judges.judge(*pair("picky", "x", harmful=False))] == ["polite", "length"]
    assert [verdict.judge for verdict in judges.judge(*pair("picky", "x", harmful=True))] == ["length"]
    assert [verdict.judge for verdict in judges.judge(*pair("picky", "x"))] == ["length"]


def test_tokens_are_the_completions(judges: RuleJudges) -> None:
    (verdict,) = judges.judge(*pair("picky", "x"))
    assert verdict.reason == "3 tokens, at most 2 asked"


def test_a_response_that_hangs_its_judge_is_violated_alone(judges: RuleJudges) -> None:
    good = [pair("math", f"The answer is {n}", answer=str(n)) for n in range(10)]
    answers = judges.judge_all([pair("regex", EVIL), *good, pair("regex", EVIL), pair("regex", "aaa")])
    assert [verdict.satisfied for verdicts in answers[1:11] for verdict in verdicts[:1]] == [True] * 10
    for hung in (answers[0], answers[11]):
        assert (hung[0].satisfied, hung[0].reason, hung[0].seconds) == (False, "timeout", 0.5)
    assert answers[12][0].satisfied is True


def test_a_number_too_large_to_compute_abstains_or_is_wrong(judges: RuleJudges) -> None:
    math, length = judges.judge(*pair("tower", "The answer is $9^{9^{9^{9^{9}}}}$", answer="7"))
    assert math.satisfied is not True
    assert length.satisfied is True


def test_a_program_that_runs_too_long_is_violated_not_abstained(judges: RuleJudges) -> None:
    (verdict,) = judges.judge(*pair("code", "```\nwhile True: pass\n```", unit_tests=["assert True"]))
    assert (verdict.satisfied, verdict.reason) == (False, "out of time")


def test_missing_metadata_abstain(judges: RuleJudges) -> None:
    for task in ("math", "code", "instructions"):
        assert judges.judge(*pair(task, "x"))[0].satisfied is None


def crash_on_request(spec: RegexJudge, case: Case) -> tuple[Ruling, float]:
    match case.response:
        case "crash":
            os.kill(os.getpid(), 9)
        case "leave":
            os._exit(3)
        case "raise":
            raise LookupError("no such thing")
        case "recurse":
            crash_on_request(spec, case)
    return Ruling(True), 0.1


def test_a_crash_and_an_exception_abstain_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_timed", crash_on_request)
    texts = ["crash", "fine", "raise", "leave", "fine", "recurse", "crash", "fine"]
    with RuleJudges({"regex": [CATASTROPHE]}, processes=2) as judges:
        for _ in range(2):
            answers = [verdict for (verdict,) in judges.judge_all([pair("regex", text) for text in texts])]
            assert [(verdict.satisfied, verdict.reason) for verdict in answers] == [
                (None, "crashed"),
                (True, ""),
                (None, "error: LookupError"),
                (None, "crashed"),
                (True, ""),
                (False, "too deep"),
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
    with RuleJudges({"math": JUDGES["math"]}, processes=1) as judges:
        assert judges.judge(*pair("math", "the answer is 4", answer="4"))[0].satisfied is True
        for child in workers() - before:
            psutil.Process(child).kill()
        answers = [judges.judge(*pair("math", "the answer is 4", answer="4"))[0] for _ in range(3)]
        assert answers[-1].satisfied is True
        assert {verdict.reason for verdict in answers} <= {"", "crashed"}


def test_close_leaves_no_judge_process() -> None:
    before = workers()
    judges = RuleJudges({"regex": [RegexJudge(pattern=r"^(a+)+$", timeout_s=600)]}, processes=2)
    judges.judge(*pair("regex", "aaa"))
    assert len(workers() - before) == 2
    judges.close()
    assert workers() - before == set()


def test_code_judges_are_refused_where_nothing_isolates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RunError, match="bubblewrap"):
        RuleJudges({"code": [CodeJudge()]})
