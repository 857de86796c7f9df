"""A reward that is a program: one case a response, answers back in their places."""

from collections.abc import Sequence
from typing import Literal

from fakes import make_completion, make_prompt

from raylign.judges.processes import JudgeProcesses
from raylign.judges.rules.length import LengthJudge
from raylign.judges.rules.rule import Case
from raylign.rewards.constant import ConstantReward
from raylign.rewards.program import ProgramReward, programs
from raylign.rewards.raters import Answered, Value
from raylign.verdicts import CRASHED, TIMEOUT, TOO_DEEP


class SpelledReward(ProgramReward):
    """The number that a response spells, where it does not bring the process down."""

    type: Literal["spelled"] = "spelled"

    def value(self, case: Case) -> Value:
        match case.response:
            case "crash":
                import os

                os._exit(3)
            case "hang":
                while True:
                    pass
            case "deep":
                return self.value(case)
            case "silent":
                return "nothing said"
        return float(case.response)

    @property
    def limit_s(self) -> float:
        return 1.0


class Here:
    """Workers whose programs run in this process."""

    async def run(self, program: ProgramReward, cases: Sequence[Case]) -> list[Value]:
        return [program.value(case) for case in cases]


async def test_each_response_is_a_case_and_has_its_own_answer() -> None:
    one, two = make_prompt(number=1), make_prompt(number=2)
    groups: list[Answered] = [
        (one, [make_completion(one, 0, text="1"), make_completion(one, 1, text="silent")]),
        (two, [make_completion(two, 0, text="3")]),
    ]
    assert await SpelledReward().rate(Here(), groups) == [[1.0, "nothing said"], [3.0]]  # type: ignore[arg-type]


def test_it_runs_beside_the_judges_and_loses_only_what_it_fails_on() -> None:
    reward, judge = SpelledReward(), LengthJudge()
    cases = [Case(response=text) for text in ("1", "crash", "hang", "x", "deep", "silent", "0.5")]
    with JudgeProcesses([judge], raters=[reward], processes=2) as processes:
        assert processes.ready()["judges"] == 2
        said = processes.rate_all(reward, cases)
        ((verdict,),) = processes.judge_all([(cases[0], (judge,))])
    assert said == [1.0, CRASHED, TIMEOUT, "error: ValueError", TOO_DEEP, "nothing said", 0.5]
    assert verdict.satisfied is True


def test_programs_are_told_from_other_parts() -> None:
    assert programs([ConstantReward(), SpelledReward()]) == (SpelledReward(),)
